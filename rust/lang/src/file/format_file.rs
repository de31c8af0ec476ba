//! Formats rule files: conditions, exceptions and macros get their canonical form, everything else
//! stays byte for byte.
//!
//! A text keeps the YAML style that it is written in while it fits on one line; one of several lines
//! becomes a literal block (`|`), except inside `{ }` and `[ ]`, where YAML has none and the text goes
//! on one line.

mod edit;
mod find;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::condition::format::{FormatOptions, TextKind, WIDTH, formatted};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fault::Fault;
use crate::file::format_file::edit::edit;
use crate::file::format_file::find::{Found, find};
use crate::file::read::Reader;
use crate::file::yaml::{self, ScalarMap};
use crate::limits::Limits;
use crate::rule::Name;

/// Formats the texts of a rule file; with [`FormatOptions::modern`] `expression` becomes `condition`
/// too.
///
/// # Errors
///
/// The faults of the YAML, or else those that keep a text from being read, all with their places.
pub fn format_file(text: &str, options: FormatOptions) -> Result<String, Vec<Diagnostic>> {
    let format = |text: &str, kind: TextKind, bound: &[Name], width: usize| {
        formatted(text, options, kind, bound, width)
    };
    format_with(text, options.modern, &format)
}

type Format<'a> = &'a dyn Fn(&str, TextKind, &[Name], usize) -> Result<String, Vec<Fault>>;

fn format_with(text: &str, modern: bool, format: Format<'_>) -> Result<String, Vec<Diagnostic>> {
    let limits = &Limits::default();
    let text: &Arc<str> = &text.into();
    let mut reader = Reader::new(0, text, limits);
    let mut faults = Vec::new();
    let documents = yaml::parse(text, limits, &mut faults);
    if !faults.is_empty() {
        for fault in faults {
            reader.report(fault.code, fault.range, fault.message).help = fault.help;
        }
        return Err(reader.diagnostics);
    }
    let Found {
        passages,
        mut edits,
    } = find(text, modern, &documents);
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut wanted = Vec::new();
    let mut is_faulty = false;
    for passage in passages {
        let Some(scalar) = passage.node.as_scalar() else {
            continue;
        };
        let width = if passage.is_flow { usize::MAX } else { WIDTH };
        match format(&scalar.value, passage.kind, &passage.bound, width) {
            Ok(formatted) => {
                let edit = edit(text, &passage, &formatted, newline);
                wanted.push(if edit.is_some() {
                    formatted
                } else {
                    scalar.value.to_string()
                });
                edits.extend(edit);
            }
            Err(faults) => {
                let map = ScalarMap::new(scalar, text);
                let entered = reader.enter(passage.rule.clone());
                for fault in faults.into_iter().filter(Fault::is_error) {
                    let range = map.range(fault.range);
                    let diagnostic = reader.report(fault.code, range, fault.message);
                    diagnostic.help = fault.help;
                    diagnostic.suggestion = fault.suggestion;
                }
                is_faulty |= reader.leave(entered);
            }
        }
    }
    if is_faulty {
        return Err(reader.diagnostics);
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, replacement) in edits {
        out.push_str(&text[done..range.start]);
        out.push_str(&replacement);
        done = range.end;
    }
    out.push_str(&text[done..]);
    // Whatever corner of YAML were mistaken here, it must not cost a rule.
    Ok(if reads_as(&out, limits, &wanted) {
        out
    } else {
        text.to_string()
    })
}

/// Whether the texts of a file are those wanted, white space apart.
fn reads_as(text: &str, limits: &Limits, wanted: &[String]) -> bool {
    let mut faults = Vec::new();
    let documents = yaml::parse(text, limits, &mut faults);
    let Found { passages, .. } = find(text, false, &documents);
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    faults.is_empty()
        && passages.len() == wanted.len()
        && passages.iter().zip(wanted).all(|(passage, wanted)| {
            passage
                .node
                .as_scalar()
                .is_some_and(|scalar| words(&scalar.value) == words(wanted))
        })
}
