//! What is wrong with one text: a condition, an exception, a macro or a message.
//!
//! A [`Fault`] knows its place in bytes of that text only. Which file and line that is, and how it
//! looks on a terminal, is decided where rule files are read.

use std::ops::Range;
use std::sync::Arc;

use crate::codes::{Code, DiagnosticSeverity};

/// One thing that is wrong (or doubtful, or spelled in an older way) in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub origin: Origin,
    /// Bytes of the text that `origin` names.
    pub range: Range<usize>,
    /// One sentence without a full stop, in the language's words.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Text that can stand in place of `range`.
    pub suggestion: Option<String>,
    /// How the suggestion was made says that a text without errors has none with it either.
    pub(crate) is_sure: bool,
}

/// The text that a fault's range points into.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// The checked text itself.
    Here,
    /// The text of this macro, of the rule's file or of the vocabulary that ships.
    Macro(Arc<str>),
    /// The text of this macro of another file, by its index among those that are loaded.
    Used { file: usize, name: Arc<str> },
}

impl Origin {
    /// The macro's name.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Origin::Here => None,
            Origin::Macro(name) | Origin::Used { name, .. } => Some(name),
        }
    }
}

impl Fault {
    pub(crate) fn new(code: Code, range: Range<usize>, message: impl Into<String>) -> Fault {
        Fault {
            code,
            origin: Origin::Here,
            range,
            message: message.into(),
            help: None,
            suggestion: None,
            is_sure: false,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn suggest(mut self, suggestion: impl Into<String>) -> Fault {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Whether the text cannot be used because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.code.severity() == DiagnosticSeverity::Error
    }
}
