//! What is wrong with a configuration, or doubtful: a fault of a key of the processor, or a sampler behind it that decides
//! too early. It stands in a configuration rather than in a rule, so its code is not among those of rules.

use std::ops::Range;

use betrace_lang::codes::Code;
use betrace_lang::{Diagnostic, LineIndex};

/// docs/command.md has a row for each.
pub const UNKNOWN_KEY: Code = Code("E0301");
pub const WRONG_VALUE: Code = Code("E0302");
pub const AT_ODDS: Code = Code("E0303");
pub const UNREADABLE_RULES: Code = Code("E0304");
pub const NO_RULES: Code = Code("E0305");
pub const NO_RECORDS: Code = Code("W0304");

/// One thing to say about one place of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// With the sections that it stands in: `trace.max_age`.
    pub key: String,
    pub range: Range<usize>,
    pub code: Code,
    pub message: String,
    /// The way out.
    pub help: String,
    /// What can stand in place of the range.
    pub suggestion: Option<String>,
}

impl Remark {
    /// A fault of a key. The message begins with its name.
    pub fn of(
        key: &str,
        range: Range<usize>,
        code: Code,
        what: impl AsRef<str>,
        help: impl Into<String>,
    ) -> Remark {
        let message = format!("{key}: {}", what.as_ref());
        Remark::new(key, range, code, message, help.into())
    }

    /// With a message as it is.
    pub fn new(
        key: &str,
        range: Range<usize>,
        code: Code,
        message: String,
        help: String,
    ) -> Remark {
        Remark {
            key: key.to_owned(),
            range,
            code,
            message,
            help,
            suggestion: None,
        }
    }

    pub fn suggest(mut self, text: impl Into<String>) -> Remark {
        self.suggestion = Some(text.into());
        self
    }

    /// As a diagnostic of the configuration, which is the file with this index.
    pub fn at(self, file: usize, text: &str) -> Diagnostic {
        let lines = LineIndex::new(text);
        let mut diagnostic = Diagnostic::new(self.code, file, self.range, &lines, self.message);
        diagnostic.help = Some(self.help);
        diagnostic.suggestion = self.suggestion;
        diagnostic
    }
}
