//! Inner parts of the language for this project's own fuzz targets and laws: the lexer and the parser, each on its own, and what
//! lints take for certain.
//! Nothing here is a promise to anybody else; it may change with any commit.

use std::ops::Range;

use crate::condition::ast::Document;
use crate::condition::lexer::lex;
use crate::condition::parse::{ReadBy, by_grammar, read};
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;

pub use crate::condition::lint::may_show;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stand_where_they_are_written() {
        let mut faults = Vec::new();
        let ranges = token_ranges("a.b and  c", &Limits::default(), &mut faults);
        let text = "a.b and  c";
        let tokens: Vec<&str> = ranges.into_iter().map(|range| &text[range]).collect();
        assert_eq!(tokens.concat(), "a.bandc");
        assert!(faults.is_empty() && tokens.contains(&"and") && tokens.contains(&"c"));
    }

    #[test]
    fn what_is_sound_is_read_and_what_is_refused_is_alike() {
        let limits = Limits::default();
        for (text, is_sound) in [("a and b", true), ("a and", false), ("never { a }", true)] {
            assert_eq!(is_read(text, &limits, &mut Vec::new()), is_sound, "{text}");
            assert!(is_read_alike(text, &limits), "{text}");
        }
    }
}
