//! Which clauses some test has violated, and which some test has satisfied; and which rules no test ever brought into play,
//! whose clauses are satisfied vacuously and count as not satisfied.

use betrace_engine::RuleStats;
use betrace_lang::LoadedRule;
use betrace_lang::rule::ClauseKind;
use betrace_lang::verdict::Verdict;
use serde::Serialize;

use crate::applied::NeverApplied;
use crate::output::counted;

use super::judge::Ran;

/// One clause of one rule.
#[derive(Serialize)]
pub struct Covered<'a> {
    pub rule: &'a str,
    pub clause: &'static str,
    pub violated: bool,
    pub satisfied: bool,
    /// The rule has tests, and none of them brings it into play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never_applied: Option<NeverApplied>,
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
            let never_applied = never_applied(loaded, own());
            let kinds = body
                .never
                .is_some()
                .then_some(never)
                .into_iter()
                .chain(body.always.is_some().then_some(ClauseKind::Always))
                .chain(body.over.as_ref().map(|over| over.clause));
            for kind in kinds {
                clauses.push(Covered {
                    rule: &loaded.rule.id.0,
                    clause: kind.as_str(),
                    violated: own()
                        .flat_map(|ran| &ran.seen.violations)
                        .any(|violation| violation.clause == Some(kind)),
                    // A satisfied rule has kept every clause.
                    satisfied: never_applied.is_none()
                        && own().any(|ran| ran.seen.verdict == Verdict::Satisfied),
                    never_applied,
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
                let vacuous = covered.never_applied.map(|why| {
                    format!(
                        "; the rule never applied ({}): whatever satisfies it does so vacuously",
                        why.because()
                    )
                });
                Some(format!(
                    "not covered: {} {}: {lacks}{}",
                    covered.rule,
                    covered.clause,
                    vacuous.unwrap_or_default()
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

/// Of a rule's tests together.
fn never_applied<'r>(
    loaded: &LoadedRule,
    ran: impl Iterator<Item = &'r Ran<'r>>,
) -> Option<NeverApplied> {
    let (mut stats, mut tests) = (RuleStats::default(), 0);
    for ran in ran {
        tests += 1;
        stats.spans_matched += ran.seen.spans_matched;
        match ran.seen.verdict {
            Verdict::Violated => stats.violated += 1,
            Verdict::Satisfied => stats.satisfied += 1,
            Verdict::NotApplicable => stats.not_applicable += 1,
            Verdict::Inconclusive => stats.inconclusive[0] += 1,
        }
    }
    NeverApplied::of(&loaded.rule, &stats).filter(|_| tests > 0)
}
