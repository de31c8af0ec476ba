//! What all traces together came to, rule by rule.

use std::collections::HashMap;
use std::sync::Arc;

use betrace_cli::embed::NeverApplied;
use betrace_engine::{Finding, Stats};
use betrace_lang::rule::{Rule, RuleId};
use betrace_lang::verdict::Verdict;

/// One rule's figures. All but `never_applied` of parts add up to those of the whole.
pub struct RuleSummary {
    pub rule: String,
    pub violated: u64,
    pub satisfied: u64,
    pub not_applicable: u64,
    pub inconclusive: u64,
    pub spans_matched: u64,
    /// When the spans of the first and the last violation began, in nanoseconds.
    pub violations: Option<(u64, u64)>,
    pub never_applied: Option<NeverApplied>,
}

/// The first and the last violation of each rule.
#[derive(Default)]
pub struct Seen(HashMap<RuleId, (u64, u64)>);

impl Seen {
    pub fn note(&mut self, finding: &Finding) {
        if finding.verdict != Verdict::Violated {
            return;
        }
        let start = finding.start;
        let (first, last) = self
            .0
            .entry(finding.rule.id.clone())
            .or_insert((start, start));
        *first = start.min(*first);
        *last = start.max(*last);
    }

    pub fn summary(&self, rules: &[Arc<Rule>], stats: &Stats) -> Vec<RuleSummary> {
        let both = rules.iter().zip(&stats.rules);
        let mut summary: Vec<RuleSummary> = both
            .map(|(rule, stats)| RuleSummary {
                rule: stats.rule.clone(),
                violated: stats.violated,
                satisfied: stats.satisfied,
                not_applicable: stats.not_applicable,
                inconclusive: stats.inconclusive.iter().sum(),
                spans_matched: stats.spans_matched,
                violations: self.0.get(&rule.id).copied(),
                never_applied: NeverApplied::of(rule, stats),
            })
            .collect();
        summary.sort_by(|a, b| a.rule.cmp(&b.rule));
        summary
    }
}
