//! What the rules of a set hold in memory once they are in use, and that it is bounded.
//!
//! Nearly all of it is regular expressions: a short text can compile to a megabyte. They are weighed as compiled, each
//! once however many rules have it. For the rest, checked rules and plans, the length of the text stands, and the text of a file
//! is [kept](crate::rule::Name) as long as a rule of it is.

use std::sync::Arc;

use hashbrown::HashSet;
use regex_automata::meta::Regex;

use crate::codes::files as codes;
use crate::diagnostic::Diagnostic;
use crate::file::loaded::{Loaded, LoadedRule};
use crate::limits::Limits;
use crate::rule::TextPattern;
use crate::source::{LineIndex, SourceFile};

/// A rule as it is checked and as it is planned, beside what grows with its text.
const BYTES_OF_A_RULE: usize = 4096;
const BYTES_OF_A_CHARACTER: usize = 48;

/// A compiled expression stands twice where many are tried together.
const COPIES: usize = 2;

/// What the enabled rules hold, counted as they come.
#[derive(Default)]
pub(crate) struct Budget {
    known: HashSet<Arc<str>>,
    /// Files of which a rule came.
    files: HashSet<usize>,
    total: usize,
    /// The first rule that passes the limit.
    beyond: Option<usize>,
}

impl Budget {
    /// Weighs the next rule, which is the one of this index.
    pub fn add(&mut self, index: usize, one: &mut LoadedRule, limits: &Limits) {
        // What comes after the first would only make it more.
        if !one.rule.enabled || self.beyond.is_some() {
            return;
        }
        one.bytes = BYTES_OF_A_RULE + BYTES_OF_A_CHARACTER * one.condition_text.len();
        if self.files.insert(one.place.file) {
            one.bytes += one.condition_text.bytes_of_whole();
        }
        for pattern in one.rule.body.patterns() {
            if self.known.insert(Arc::clone(pattern.text())) {
                one.bytes += COPIES * compiled_bytes(&pattern, limits);
            }
        }
        self.total += one.bytes;
        if self.total > limits.rules_bytes {
            self.beyond = Some(index);
        }
    }

    /// Refuses the rule that passes the limit, if there is one.
    pub fn report(&self, loaded: &mut Loaded, files: &[SourceFile], limits: &Limits) {
        if let Some(index) = self.beyond {
            refuse(loaded, index, self.total, files, limits);
        }
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
