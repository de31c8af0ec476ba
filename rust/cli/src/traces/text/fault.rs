//! Where a text stops being JSON.

use std::fmt;

/// How deeply arrays and objects may nest in text that is skipped or built into a tree.
pub const MAX_DEPTH: usize = 512;

/// What is wrong with the text, and where (a byte offset in it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: usize,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The text ends inside a value, between two tokens.
    EndsEarly,
    /// The text ends inside a string.
    OpenString,
    Expected(&'static str),
    TooDeep,
    Trailing,
}

impl Fault {
    /// A further line might complete the value.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.what == What::EndsEarly
    }

    /// The text ends before the value does.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        matches!(self.what, What::EndsEarly | What::OpenString)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::EndsEarly => f.write_str("the JSON ends early"),
            What::OpenString => f.write_str("the JSON ends inside a string"),
            What::Expected(thing) => write!(f, "not JSON: expected {thing}"),
            What::TooDeep => write!(f, "the JSON nests deeper than {MAX_DEPTH} levels"),
            What::Trailing => f.write_str("text after the end of the JSON value"),
        }
    }
}
