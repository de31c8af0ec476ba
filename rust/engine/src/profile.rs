//! What a rule costs and when it can answer, for people who decide whether to run it.

use std::sync::Arc;

use betrace_lang::rule::{Completeness, Rule};

use crate::intern::Interner;
use crate::plan::early::clauses;
use crate::plan::early::obstacle::ClauseProfile;
use crate::plan::feed::FeedKind;
use crate::plan::{PlanError, compile};
use crate::state::cell::{CELL_BYTES, RECORD_CAP, WITNESSES};
use crate::state::chain::LINK_BYTES;
use crate::state::group_cell::{GroupSize, GroupsCell, KEPT_OF_GROUPS};
use crate::state::kept::{Projection, VALUE_BYTES};
use crate::state::key::{KEY_CAP, TextKey};
use crate::state::packed_record::RECORD_BYTES;
use crate::state::shown::SHOWN_BYTES;
use crate::state::texts::NAME_BYTES;
use crate::state::values::{DistinctCell, ExtremesCell, SumCell};
use crate::value::OwnedValue;
use crate::windows::judge;

/// Facts about one rule by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleProfile {
    /// What the breach of each clause waits for, `never` first; empty of a rule over many traces.
    pub clauses: Vec<ClauseProfile>,
    /// The rule is over many traces, and its breach can be known while its window is open.
    is_early_in_window: bool,
    /// The most bytes that one trace can hold for it, ids of spans for duplicates aside.
    pub worst_case_bytes: u64,
    /// Spans kept per selector that takes part in order, structure or correlation.
    pub record_cap: u64,
    /// Distinct values or groups kept per `distinct` or `by`.
    pub key_cap: u64,
}

impl RuleProfile {
    /// Whether it can be violated while its trace is open, or, where it is over many, its window; otherwise it waits for the close,
    /// or the window's end. The engine decides by the same answer.
    #[must_use]
    pub fn fires_early(&self) -> bool {
        let mut clauses = self.clauses.iter();
        self.is_early_in_window || clauses.any(|clause| clause.waits_for.is_empty())
    }
}

/// An exact sum of doubles spans their whole range of exponents.
const SUM_BYTES: usize = 272;

/// The profile of a checked rule.
///
/// # Errors
/// If a regular expression of the rule is too large to compile.
pub fn profile(rule: &Rule) -> Result<RuleProfile, PlanError> {
    let rules = vec![Arc::new(rule.clone())];
    let plan = compile::compile(rules, &mut Interner::default(), Completeness::default())?;
    let record = RECORD_BYTES + LINK_BYTES.max(2 * SHOWN_BYTES) + 2 * NAME_BYTES;
    let worst: usize = plan
        .selectors
        .iter()
        .flat_map(|selector| {
            let (fields, shown) = (selector.project.len(), selector.shown.len());
            let kept = |fields: usize| match fields {
                0 => 0,
                _ => size_of::<Projection>() + fields * (size_of::<OwnedValue>() + VALUE_BYTES),
            };
            selector.feeds.iter().map(move |feed| {
                CELL_BYTES
                    + match feed.kind {
                        FeedKind::Count => {
                            // Twice as many as are needed may be noted.
                            let witness = record + kept(shown);
                            2 * WITNESSES * witness
                        }
                        FeedKind::Sum(_) => size_of::<SumCell>() + 2 * SUM_BYTES,
                        FeedKind::Extremes(_) => size_of::<ExtremesCell>(),
                        FeedKind::Distinct(_) => {
                            size_of::<DistinctCell>() + KEY_CAP * 2 * size_of::<(TextKey, bool)>()
                        }
                        FeedKind::Groups(_) | FeedKind::GroupsByParent => {
                            size_of::<GroupsCell>()
                                + KEY_CAP * 2 * size_of::<(TextKey, GroupSize)>()
                                + KEPT_OF_GROUPS as usize * (record + kept(shown))
                        }
                        FeedKind::Records => {
                            let member = record + kept(fields);
                            RECORD_CAP * member
                        }
                    }
            })
        })
        .sum();
    // Of the root and of the earliest span.
    let worst = worst + 2 * plan.shown_of_first.len() * VALUE_BYTES;
    Ok(RuleProfile {
        clauses: clauses(&rule.body),
        is_early_in_window: rule.body.over.as_deref().is_some_and(judge::fires_early),
        worst_case_bytes: worst as u64,
        record_cap: RECORD_CAP as u64,
        key_cap: KEY_CAP as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::rules::rule;

    #[test]
    fn what_rests_on_absence_waits() {
        let early = |condition: &str| {
            let rule = rule(&format!("r: {condition}")).unwrap();
            profile(&rule).unwrap().fires_early()
        };
        assert!(early("never { a }"));
        assert!(early("never { count(a) > 3 }"));
        assert!(early("always { not a }"));
        assert!(early("when each { a as p } never { p then b }"));
        assert!(!early("always { a }"));
        assert!(!early("never { count(a) < 3 }"));
        assert!(!early("never { a } | exceptions: [b]"));
        assert!(early("over 1m never { count(a) > 3 }"));
        assert!(!early("over 1m never { count(a) < 3 }"));
    }

    #[test]
    fn records_cost_more_than_counts() {
        let bytes = |rule_text: &str| profile(&rule(rule_text).unwrap()).unwrap().worst_case_bytes;
        let counted = bytes("r: never { a }");
        let recorded = bytes("r: never { a then b }");
        assert!(counted < 16 << 10);
        assert!(recorded > 50 * counted / 8);
    }
}
