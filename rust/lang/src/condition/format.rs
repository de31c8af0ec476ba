//! The one way to write a condition: spacing, line breaks and, on request, modern spellings.
//!
//! Formatting works on tokens, not on meaning: every token comes out again, in the same order, and so
//! does every comment; only a comparison that begins with a bound span's name gets its `.where( )`. What fits on a line stands on one; what does not is broken after `,`, `or`
//! and `and`, outermost first, then inside brackets.

mod bound;
mod edits;
mod layout;
mod modern;
mod tree;

pub(crate) use layout::{WIDTH, has_comment};
pub(crate) use modern::TextKind;

use crate::condition::lexer::lex;
use crate::condition::parse::parse;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;
use crate::rule::Name;

/// What the formatter may change besides white space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatOptions {
    /// Rewrite older spellings.
    pub modern: bool,
}

/// Formats the condition of a rule, or an exception. Without a final line break; formatting again
/// changes nothing, and the meaning stays the same.
///
/// # Errors
/// The faults of its form, if it has any: what cannot be read is not touched.
pub fn format_condition(text: &str, options: FormatOptions) -> Result<String, Vec<Fault>> {
    formatted(text, options, TextKind::Condition, &[], WIDTH)
}

/// The names that a condition binds.
pub(crate) fn bound_names(text: &str) -> Vec<Name> {
    bound::names(&parse(text.into(), &Limits::default(), &mut Vec::new()))
}

/// Formats a text of some kind. `bound`: names of bound spans in scope besides those that it binds itself. `width`: that of
/// lines, in characters; clauses and comments end theirs before.
pub(crate) fn formatted(
    text: &str,
    options: FormatOptions,
    kind: TextKind,
    bound: &[Name],
    width: usize,
) -> Result<String, Vec<Fault>> {
    let limits = Limits::default();
    let mut faults = Vec::new();
    let document = parse(text.into(), &limits, &mut faults);
    if faults.iter().any(Fault::is_error) {
        faults.retain(Fault::is_error);
        return Err(faults);
    }
    let mut text = match options.modern {
        true => modern::rewritten(text, &document, &faults, kind),
        false => text.to_owned(),
    };
    let mut names = bound::names(&document);
    names.extend_from_slice(bound);
    if !names.is_empty() {
        let document = parse((&*text).into(), &limits, &mut faults);
        let rewritten = bound::rewritten(&text, &document, &names);
        // At a limit there is no room for one more `.where( )`.
        let mut beyond = Vec::new();
        parse((&*rewritten).into(), &limits, &mut beyond);
        if !beyond.iter().any(Fault::is_error) {
            text = rewritten;
        }
    }
    let lexed = lex((&*text).into(), &limits, &mut faults);
    Ok(layout::laid_out(&tree::tree(&text, &lexed), width))
}
