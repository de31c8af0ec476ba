//! What comes out of rule files: the checked rules, where they stand, and what is wrong.

use std::sync::Arc;

use crate::codes::{Code, files as codes};
use crate::condition::shipped::Shipped;
use crate::diagnostic::{Diagnostic, NotKept};
use crate::file::rule_tests::model::RuleTest;
use crate::limits::Limits;
use crate::rule::{Name, Rule};
use crate::source::{LineIndex, SourceFile};

/// What a set of rule files holds.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The rules without an error, in the order of the files and within them; disabled ones too.
    pub rules: Vec<LoadedRule>,
    /// By file, then by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Rules that were written, faulty ones too.
    pub rule_count: usize,
}

/// A checked rule and what of its text the tools need.
#[derive(Clone, Debug)]
pub struct LoadedRule {
    pub rule: Arc<Rule>,
    pub place: Place,
    pub condition_text: Name,
    /// The names `otel:…` that stand in its texts, in the macros that these use, and in what those names stand for.
    pub vocabulary: Vec<&'static Shipped>,
    pub tests: Vec<RuleTest>,
    /// What it holds in memory once it is in use, in bytes, about; an expression that a rule before it has too is not
    /// counted again. 0: it is not enabled.
    pub bytes: usize,
}

/// Where a rule's id stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into the files that were loaded.
    pub file: usize,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Loaded {
    /// What the enabled rules hold in memory once they are in use, in bytes, about.
    #[must_use]
    pub fn rules_bytes(&self) -> usize {
        self.rules.iter().map(|one| one.bytes).sum()
    }

    /// At least one diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Puts the diagnostics in order and keeps their number bounded; the last one then says how many are not shown,
    /// those among them that were not kept before.
    pub(crate) fn settle(&mut self, mut not_kept: NotKept, files: &[SourceFile], limits: &Limits) {
        let place = |one: &Diagnostic| (one.file, one.range.start, one.range.end);
        let diagnostics = &mut self.diagnostics;
        diagnostics.sort_by_key(place);
        drop_repeated(diagnostics);
        if diagnostics.len() <= limits.diagnostics {
            return;
        }
        // A set is not refused for its warnings, nor taken because they hide an error.
        diagnostics.sort_by_key(|one| !one.is_error());
        let dropped = diagnostics.split_off(limits.diagnostics);
        dropped.iter().for_each(|one| not_kept.note(one));
        diagnostics.sort_by_key(place);
        let (file, at) = diagnostics
            .last()
            .map_or((0, 0), |last| (last.file, last.range.start));
        if let Some(source) = files.get(file) {
            let more = not_kept.errors + not_kept.doubts;
            let (code, what) = match not_kept.errors {
                0 => (codes::TOO_MANY_DOUBTS, "warnings and notes"),
                _ => (codes::TOO_MANY_FAULTS, "faults"),
            };
            let message = format!("{more} more {what} are not shown");
            let lines = LineIndex::new(&source.text);
            diagnostics.push(Diagnostic::new(code, file, at..at, &lines, message));
        }
    }
}

impl Place {
    /// `file:line:column`
    pub(crate) fn shown(&self, files: &[SourceFile]) -> String {
        let name = files.get(self.file).map_or("", |file| file.name.as_str());
        format!("{name}:{}:{}", self.line, self.column)
    }
}

/// What several files say of a macro that they use is said once.
fn drop_repeated(diagnostics: &mut Vec<Diagnostic>) {
    let mut said: Vec<(Code, String)> = Vec::new();
    let mut at = None;
    diagnostics.retain(|one| {
        let place = Some((one.file, one.range.clone()));
        if at != place {
            at = place;
            said.clear();
        }
        let is_repeated = one.rule.is_none()
            && said
                .iter()
                .any(|(code, message)| *code == one.code && *message == one.message);
        if one.rule.is_none() && !is_repeated {
            said.push((one.code, one.message.clone()));
        }
        !is_repeated
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_the_same_at_one_place_is_said_once() {
        let lines = LineIndex::new("abc");
        let said = |code, at, message: &str| {
            Diagnostic::new(code, 0, at..at + 1, &lines, message.to_owned())
        };
        let (one, other) = (codes::TOO_MANY, codes::TOO_MANY_FAULTS);
        let mut all = vec![
            said(one, 0, "x"),
            said(one, 0, "y"),
            said(other, 0, "x"),
            said(one, 0, "x"),
            said(one, 1, "x"),
        ];
        drop_repeated(&mut all);
        assert_eq!(all.len(), 4);
        let mut of_rule = said(one, 0, "x");
        of_rule.rule = Some(crate::rule::RuleId("r".into()));
        let mut all = vec![of_rule.clone(), of_rule.clone()];
        drop_repeated(&mut all);
        assert_eq!(all.len(), 2);
        // What is said of a rule does not stand for what is said of the file.
        let mut all = vec![of_rule, said(one, 0, "x")];
        drop_repeated(&mut all);
        assert_eq!(all.len(), 2);
    }
}
