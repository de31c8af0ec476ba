//! Standard output and error: a reader that went away is no fault, and colour goes to people only.

use std::env;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

/// Standard output, buffered. Once nobody reads it, what is written is dropped.
pub struct Output {
    inner: BufWriter<StdoutLock<'static>>,
    is_closed: bool,
}

impl Output {
    #[must_use]
    pub fn new() -> Output {
        Output {
            inner: BufWriter::with_capacity(64 * 1024, io::stdout().lock()),
            is_closed: false,
        }
    }

    pub fn write(&mut self, bytes: &[u8]) {
        if !self.is_closed {
            let written = self.inner.write_all(bytes);
            self.note(written);
        }
    }

    pub fn line(&mut self, text: impl fmt::Display) {
        if !self.is_closed {
            let written = writeln!(self.inner, "{text}");
            self.note(written);
        }
    }

    /// Hands on what is buffered.
    pub fn flush(&mut self) {
        if !self.is_closed {
            let flushed = self.inner.flush();
            self.note(flushed);
        }
    }

    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.is_closed = true;
            if error.kind() != io::ErrorKind::BrokenPipe {
                fault(format_args!("cannot write: {error}"));
            }
        }
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Tells standard error what went wrong.
pub fn fault(message: impl fmt::Display) {
    note(format_args!("error: {message}"));
}

/// Tells standard error something; that nobody listens is no fault.
pub fn note(message: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{message}");
}

/// `1 rule`, `2,000 rules`.
#[must_use]
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A number with its thousands apart.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Whether standard output wants colour: a terminal, and no `NO_COLOR` (no-color.org).
#[must_use]
pub fn wants_color() -> bool {
    let is_forbidden = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    !is_forbidden && io::stdout().is_terminal()
}

/// The few colours that results are shown in.
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
