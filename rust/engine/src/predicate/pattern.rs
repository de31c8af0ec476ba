//! Regular expressions of rules, as they are asked.

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

/// Compiled size of one regular expression, in bytes; above what the language itself allows.
const PATTERN_BYTES: usize = 10 << 20;

/// A regular expression that cannot be compiled; a checked rule has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    pub pattern: String,
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern {:?}: {}", self.pattern, self.message)
    }
}

impl std::error::Error for PatternError {}

pub(crate) fn compile_pattern(pattern: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|fault| PatternError {
            pattern: pattern.to_owned(),
            message: fault.to_string(),
        })
}
