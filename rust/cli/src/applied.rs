//! Whether a rule came into play at all. A rule that no span met is kept by every trace, and that says nothing: whoever
//! reads its verdicts is told so.

use betrace_engine::RuleStats;
use betrace_lang::rule::{Body, Expr, Rule};
use serde::Serialize;

/// Why a rule never applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NeverApplied {
    /// None of its selectors selected a span.
    NoSpan,
    /// Its `when` held in no trace, or its `when each` found nothing.
    WhenNeverHeld,
}

impl NeverApplied {
    /// `None` where the rule came into play, or may have. A rule that looks for no span, as one on `trace:duration` alone,
    /// applies to every trace.
    #[must_use]
    pub fn of(rule: &Rule, stats: &RuleStats) -> Option<NeverApplied> {
        let body = &rule.body;
        if stats.spans_matched == 0 {
            return looks_for_spans(body).then_some(NeverApplied::NoSpan);
        }
        let has_when = body.when.is_some() || !body.bindings.is_empty();
        let inconclusive: u64 = stats.inconclusive.iter().sum();
        let applied = stats.violated + stats.violations + stats.satisfied + inconclusive;
        (has_when && applied == 0 && stats.not_applicable > 0)
            .then_some(NeverApplied::WhenNeverHeld)
    }

    /// Behind `never applied`.
    #[must_use]
    pub fn because(self) -> &'static str {
        match self {
            NeverApplied::NoSpan => "no span met it",
            NeverApplied::WhenNeverHeld => "its `when` held in no trace",
        }
    }
}

fn looks_for_spans(body: &Body) -> bool {
    let conditions = [&body.when, &body.never, &body.always]
        .into_iter()
        .flatten();
    let mut conditions = conditions.chain(&*body.exceptions);
    let over = body.over.iter().flat_map(|over| over.measure.selectors());
    let mut over = over.filter(|selector| !selector.plain().is_empty());
    !body.bindings.is_empty()
        || over.next().is_some()
        || conditions.any(|one: &Expr| one.selectors().iter().any(|s| !s.plain().is_empty()))
}
