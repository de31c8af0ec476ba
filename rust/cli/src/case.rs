//! A test case of a rule, run: its trace goes to an engine that holds the rule alone.

pub mod spans;

use std::sync::Arc;

use betrace_engine::{CloseCause, Engine, Finding, PlanError, Report, Settings, Timestamp};
use betrace_lang::rule::Rule;
use betrace_lang::rule_test::RuleTest;
use betrace_lang::verdict::{Reason, Verdict};

use crate::words::by_window;

/// What the engine said about a test's trace.
pub struct Seen {
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// The violations, in canonical form.
    pub violations: Vec<Finding>,
    /// Of a rule over many traces, all that was said of its windows, in their order.
    pub windows: Vec<Finding>,
    /// Spans that a selector of the rule selected.
    pub spans_matched: u64,
}

/// Sends the trace of `test` to an engine that holds `rule` alone.
pub fn evaluate(rule: &Arc<Rule>, test: &RuleTest) -> Result<Seen, PlanError> {
    let settings = Settings {
        completeness: test.completeness,
        early: false,
        report: Report::All,
        restart_grace: false,
        shares_work: false,
        keeps_counted: true,
        shards: 1,
        ..Settings::default()
    };
    let engine = Engine::new(vec![Arc::clone(rule)], settings, Timestamp(0))?;
    for request in spans::encode(test) {
        // Our own encoding is well-formed.
        let _ = engine.consume(&request, Timestamp(0));
    }
    let cause = if test.is_incomplete {
        CloseCause::Shutdown
    } else {
        CloseCause::EndOfInput
    };
    engine.close_traces(Timestamp(0), cause);
    let mut findings = engine.take_findings(usize::MAX);
    findings.sort_by_key(|finding| finding.violation_id);
    // A trace without spans is none: nothing applies to it.
    let worst = findings.iter().map(|finding| finding.verdict).max();
    let verdict = worst.unwrap_or(Verdict::NotApplicable);
    let reason = findings
        .iter()
        .filter(|finding| finding.verdict == verdict)
        .find_map(|finding| finding.reason);
    let windows = by_window(&findings).into_iter();
    let windows = windows.filter(|finding| finding.window.is_some());
    let windows = windows.cloned().collect();
    findings.retain(|finding| finding.verdict == Verdict::Violated);
    Ok(Seen {
        verdict,
        reason,
        violations: findings,
        windows,
        spans_matched: engine
            .stats()
            .rules
            .iter()
            .map(|rule| rule.spans_matched)
            .sum(),
    })
}
