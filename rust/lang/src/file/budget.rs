//! What the rules of a set hold in memory once they are in use, and that it is bounded.
//!
//! Nearly all of it is regular expressions: a short text can compile to a megabyte. They are weighed as compiled, each
//! once however many rules have it. For the rest, checked rules and plans, the length of the text stands.

use std::collections::HashSet;
use std::sync::Arc;

use regex_automata::meta::Regex;

use crate::codes::files as codes;
use crate::diagnostic::Diagnostic;
use crate::file::loaded::Loaded;
use crate::limits::Limits;
use crate::rule::TextPattern;
use crate::source::{LineIndex, SourceFile};

/// A rule as it is checked and as it is planned, beside what grows with its text.
const BYTES_OF_A_RULE: usize = 4096;
const BYTES_OF_A_CHARACTER: usize = 48;

/// A compiled expression stands twice where many are tried together.
const COPIES: usize = 2;

/// Counts what the enabled rules hold, and refuses the first one that passes the limit.
pub(crate) fn report(loaded: &mut Loaded, files: &[SourceFile], limits: &Limits) {
    let mut known: HashSet<Arc<str>> = HashSet::new();
    let mut total = 0usize;
    let mut beyond = None;
    for (index, one) in loaded.rules.iter_mut().enumerate() {
        if !one.rule.enabled {
            continue;
        }
        one.bytes = BYTES_OF_A_RULE + BYTES_OF_A_CHARACTER * one.condition_text.len();
        for pattern in one.rule.body.patterns() {
            if known.insert(Arc::clone(pattern.text())) {
                one.bytes += COPIES * compiled_bytes(&pattern, limits);
            }
        }
        total += one.bytes;
        if total > limits.rules_bytes {
            beyond = Some(index);
            // What comes after it would only make it more.
            break;
        }
    }
    if let Some(index) = beyond {
        refuse(loaded, index, total, files, limits);
    }
}

fn refuse(loaded: &mut Loaded, index: usize, total: usize, files: &[SourceFile], limits: &Limits) {
    let one = &loaded.rules[index];
    let Some(file) = files.get(one.place.file) else {
        return;
    };
    let lines = LineIndex::new(&file.text);
    let begin = lines.byte(one.place.line, one.place.column);
    let range = begin..begin + one.rule.id.0.len();
    let message = format!(
        "the rules up to this one hold {} once they are in use; {} are allowed",
        mebibytes(total),
        mebibytes(limits.rules_bytes)
    );
    let code = codes::RULES_TOO_LARGE;
    let mut diagnostic = Diagnostic::new(code, one.place.file, range, &lines, message);
    diagnostic.rule = Some(one.rule.id.clone());
    diagnostic.help = Some(
        "make regular expressions smaller or alike (equal ones count once), or allow more with `limits.rules_mib`"
            .to_owned(),
    );
    loaded.diagnostics.push(diagnostic);
}

/// What an expression takes as compiled. It has been compiled before, so it does not fail; if it should, it is as large as
/// one may be.
fn compiled_bytes(pattern: &TextPattern, limits: &Limits) -> usize {
    let regex = pattern.regex();
    regex.map_or(limits.regex_bytes, Regex::memory_usage)
}

fn mebibytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
