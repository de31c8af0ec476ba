//! Regular expressions of rules, as they are asked.
//!
//! Many begin with what a text has to begin with; most texts do not, and ask no regular expression.

use std::fmt;

use betrace_lang::rule::TextPattern;
use regex::bytes::{Regex, RegexBuilder};
use regex_automata::meta;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{HirKind, Look};

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

/// A regular expression, and what every text that it meets begins with.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: meta::Regex,
    beginning: Box<[u8]>,
}

impl Pattern {
    pub(crate) fn new(pattern: &TextPattern) -> Result<Pattern, PatternError> {
        let regex = pattern.regex().map_err(|message| PatternError {
            pattern: pattern.to_string(),
            message: message.to_owned(),
        })?;
        Ok(Pattern {
            regex: regex.clone(),
            beginning: beginning(pattern).unwrap_or_default(),
        })
    }

    #[inline]
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        text.starts_with(&self.beginning) && self.regex.is_match(text)
    }
}

/// What stands behind the beginning of a text in a pattern that asks for it.
fn beginning(pattern: &str) -> Option<Box<[u8]>> {
    let parsed = ParserBuilder::new().utf8(false).build().parse(pattern);
    let parsed = parsed.ok()?;
    let HirKind::Concat(parts) = parsed.kind() else {
        return None;
    };
    match (parts.first()?.kind(), parts.get(1)?.kind()) {
        (HirKind::Look(Look::Start), HirKind::Literal(text)) => Some(text.0.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_otherwise_is_told_as_the_regular_expression_tells_it() {
        for (pattern, begins) in [
            ("^/admin/[a-z]+$", "/admin/"),
            ("^a", "a"),
            ("^(?:ab|ac)", ""),
            ("^ab*", "a"),
            ("^(ab)c", ""),
            ("^(?i)get", ""),
            ("(?m)^a", ""),
            ("^a|b", ""),
            ("a", ""),
            ("^", ""),
            ("", ""),
            ("^a?b", ""),
        ] {
            let ours = Pattern::new(&pattern.into()).unwrap();
            let regex = compile_pattern(pattern).unwrap();
            assert_eq!(&*ours.beginning, begins.as_bytes(), "{pattern}");
            for text in [
                "", "a", "b", "ab", "ac", "abc", "xa", "x\na", "/admin/x", "/admin/", "/admin",
                "GET",
            ] {
                let text = text.as_bytes();
                assert_eq!(ours.is_match(text), regex.is_match(text), "{pattern}");
            }
        }
    }
}
