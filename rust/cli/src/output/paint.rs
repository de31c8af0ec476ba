//! The few colours that results are shown in, as ANSI escape sequences (ECMA-48, SGR).

use std::env;
use std::fmt;
use std::io::{self, IsTerminal};

/// A colour or a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

/// Text in colour, where that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    pub is_on: bool,
}

impl Palette {
    /// Without colour.
    #[must_use]
    pub const fn off() -> Palette {
        Palette { is_on: false }
    }

    /// On if standard output is a terminal and nothing forbids it: `NO_COLOR` (no-color.org), a dumb terminal.
    #[must_use]
    pub fn of_terminal() -> Palette {
        let is_forbidden = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || env::var_os("TERM").is_some_and(|term| term == "dumb");
        Palette {
            is_on: !is_forbidden && io::stdout().is_terminal(),
        }
    }

    #[must_use]
    pub fn paint<T: fmt::Display>(self, paint: Paint, text: T) -> String {
        let code = match paint {
            _ if !self.is_on => return text.to_string(),
            Paint::Bold => "1",
            Paint::Dim => "2",
            Paint::Red => "31;1",
            Paint::Yellow => "33",
            Paint::Green => "32",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
