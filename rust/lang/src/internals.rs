//! Inner parts of the language for this project's own fuzz targets: the lexer and the parser, each on its own.
//! Nothing here is a promise to anybody else; it may change with any commit.

use std::ops::Range;

use crate::condition::ast::Document;
use crate::condition::lexer::lex;
use crate::condition::parse::{ReadBy, by_grammar, read};
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;

/// Where the tokens of a text stand; none where it was given up.
pub fn token_ranges(text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> Vec<Range<usize>> {
    let lexed = lex(text, limits, faults);
    let ranges = lexed.tokens.iter().map(|(start, _, end)| *start..*end);
    ranges.collect()
}

/// What became of a text.
pub struct TextRead {
    /// The whole of it could be read as a condition or a rule's clauses.
    pub is_read: bool,
    /// The way down and the grammar make the same of it, be it nothing: the way down has no words for what is wrong, so it reads
    /// what is sound and nothing else.
    pub is_alike: bool,
}

/// Reads a text as rules are read, and what went the way down by the grammar too.
pub fn read_both_ways(text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> TextRead {
    let (document, by) = read(text, limits, faults);
    let is_alike = match by {
        ReadBy::Nothing => true,
        ReadBy::Grammar { refusals } => refusals > 0,
        ReadBy::Descent => {
            let tokens = lex(text, limits, &mut Vec::new()).tokens;
            let (by_grammar, refusals) = by_grammar(tokens);
            refusals.is_empty() && format!("{document:?}") == format!("{by_grammar:?}")
        }
    };
    TextRead {
        is_read: !matches!(document, Document::Broken),
        is_alike,
    }
}
