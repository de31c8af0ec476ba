//! Inner parts of the language for this project's own fuzz targets: the lexer and the parser, each on its own.
//! Nothing here is a promise to anybody else; it may change with any commit.

use std::ops::Range;

use crate::condition::ast::Document;
use crate::condition::lexer::lex;
use crate::condition::parse::parse;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;

/// Where the tokens of a text stand; none where it was given up.
pub fn token_ranges(text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> Vec<Range<usize>> {
    let lexed = lex(text, limits, faults);
    let ranges = lexed.tokens.iter().map(|(start, _, end)| *start..*end);
    ranges.collect()
}

/// Whether the whole text could be read as a condition or a rule's clauses.
pub fn is_read(text: &str, limits: &Limits, faults: &mut Vec<Fault>) -> bool {
    !matches!(parse(text, limits, faults), Document::Broken)
}
