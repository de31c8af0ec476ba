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
    let lexed = lex(text.into(), limits, faults);
    let ranges = lexed.tokens.iter().map(|(start, _, end)| *start..*end);
    ranges.collect()
}

/// Reads a text as rules are read: whether the whole of it is a condition or a rule's clauses.
pub fn is_read(text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> bool {
    !matches!(read(text.into(), limits, faults).0, Document::Broken)
}

/// Whether the way down and the grammar make the same of a text, be it nothing: the way down has no words for what is wrong, so it
/// reads what is sound and nothing else.
pub fn is_read_alike(text: &str, limits: &Limits) -> bool {
    let (document, by) = read(text.into(), limits, &mut Vec::new());
    match by {
        ReadBy::Nothing => true,
        ReadBy::Grammar { refusals } => refusals > 0,
        ReadBy::Descent => {
            let tokens = lex(text.into(), limits, &mut Vec::new()).tokens;
            let (by_grammar, refusals) = by_grammar(tokens);
            refusals.is_empty() && format!("{document:?}") == format!("{by_grammar:?}")
        }
    }
}
