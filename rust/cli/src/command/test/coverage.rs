//! Which clauses some test has violated, and which some test has satisfied.

use betrace_lang::LoadedRule;
use betrace_lang::rule::ClauseKind;
use betrace_lang::verdict::Verdict;
use serde::Serialize;

use crate::output::counted;

use super::judge::Ran;

/// One clause of one rule.
#[derive(Serialize)]
pub struct Covered<'a> {
    pub rule: &'a str,
    pub clause: &'static str,
    pub violated: bool,
    pub satisfied: bool,
}

pub struct Coverage<'a> {
    pub clauses: Vec<Covered<'a>>,
}

impl<'a> Coverage<'a> {
    pub fn of(rules: impl Iterator<Item = &'a LoadedRule>, ran: &[Ran<'_>]) -> Self {
        let mut clauses = Vec::new();
        for loaded in rules {
            let body = &loaded.rule.body;
            let never = if body.is_pattern {
                ClauseKind::Pattern
            } else {
                ClauseKind::Never
            };
            let own = || ran.iter().filter(|ran| ran.rule.rule.id == loaded.rule.id);
            let kinds = body
                .never
                .is_some()
                .then_some(never)
                .into_iter()
                .chain(body.always.is_some().then_some(ClauseKind::Always));
            for kind in kinds {
                clauses.push(Covered {
                    rule: &loaded.rule.id.0,
                    clause: kind.as_str(),
                    violated: own()
                        .flat_map(|ran| &ran.seen.violations)
                        .any(|violation| violation.clause == Some(kind)),
                    // A satisfied rule has kept every clause.
                    satisfied: own().any(|ran| ran.seen.verdict == Verdict::Satisfied),
                });
            }
        }
        Coverage { clauses }
    }

    /// A line for each clause that is not covered both ways.
    pub fn missing(&self) -> Vec<String> {
        self.clauses
            .iter()
            .filter_map(|covered| {
                let lacks = match (covered.violated, covered.satisfied) {
                    (true, true) => return None,
                    (false, true) => "no test violates it",
                    (true, false) => "no test satisfies it",
                    (false, false) => "no test violates it, none satisfies it",
                };
                Some(format!(
                    "not covered: {} {}: {lacks}",
                    covered.rule, covered.clause
                ))
            })
            .collect()
    }

    pub fn sentence(&self) -> String {
        let full = self
            .clauses
            .iter()
            .filter(|c| c.violated && c.satisfied)
            .count();
        format!(
            "coverage: {full} of {}",
            counted(self.clauses.len(), "clause")
        )
    }
}
