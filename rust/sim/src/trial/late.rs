//! What comes after the close.

use std::collections::BTreeSet;

use betrace_engine::{Engine, Finding, Timestamp};
use betrace_lang::verdict::{Reason, Verdict};

use super::Divergence;
use super::delivery::{BEGIN, Delivery, Ending, IDLE, SECOND, close, consume};
use super::expect::{Form, OBLIGATION_CAP, difference, show, show_answer, violations};
use super::laws::{Trial, halves};
use crate::model::Span;
use crate::oracle::judge;
use crate::tape::Tape;
use crate::wire::encode;

impl Trial<'_> {
    /// Spans after the close: what is violated then is said, and nothing else is said again.
    pub fn late(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let forgotten = tape.chance(30);
        let wrong = |rule, trace, detail| Divergence {
            law: "late spans",
            rule,
            trace,
            detail,
        };
        let settings = Delivery {
            ending: Ending::Idle,
            early: tape.chance(50),
            ..Delivery::plain(Vec::new())
        };
        let engine = Engine::new(self.rules.to_vec(), settings.settings(), BEGIN);
        let engine = engine.map_err(|fault| wrong(0, 0, fault.to_string()))?;
        let cuts: Vec<usize> = self
            .traces
            .iter()
            .map(|trace| 1 + tape.below(trace.len()))
            .collect();
        let parts = || self.traces.iter().zip(&cuts);
        let first: Vec<&Span> = parts().flat_map(|(trace, cut)| &trace[..*cut]).collect();
        let rest: Vec<&Span> = parts().flat_map(|(trace, cut)| &trace[*cut..]).collect();
        consume(&engine, &encode(first), BEGIN).map_err(|fault| wrong(0, 0, fault))?;
        close(&engine, Ending::Idle, BEGIN);
        let at_close = engine.take_findings(usize::MAX);
        // A remembered trace has its state for a minute after its close, and its id for an hour.
        let since = if forgotten { 300 } else { 30 };
        let now = Timestamp(BEGIN.0 + (IDLE + since) * SECOND);
        engine.tick(now);
        consume(&engine, &encode(rest), now).map_err(|fault| wrong(0, 0, fault))?;
        close(&engine, Ending::Idle, now);
        let after = engine.take_findings(usize::MAX);
        for (t, (trace, cut)) in parts().enumerate() {
            let id = trace[0].trace;
            if halves(trace) {
                continue;
            }
            for (r, rule) in self.rules.iter().enumerate() {
                let of =
                    |finding: &&Finding| finding.rule.id == rule.id && finding.trace_id.0 == id;
                let after: Vec<&Finding> = after.iter().filter(of).collect();
                if forgotten {
                    let answer =
                        judge(rule, &trace[*cut..], settings.completeness, &[Reason::Late]);
                    let form = if settings.early {
                        Form::AsKnown
                    } else {
                        Form::Canonical
                    };
                    if *cut < trace.len()
                        && let Some(detail) =
                            difference(rule, &trace[*cut..], &after, &answer, form, &[Reason::Late])
                    {
                        return Err(wrong(
                            r,
                            t,
                            format!("forgotten after {cut} spans\n{detail}"),
                        ));
                    }
                    continue;
                }
                let violated =
                    |finding: &&Finding| of(finding) && finding.verdict == Verdict::Violated;
                let before = at_close.iter().filter(violated);
                let before: BTreeSet<_> = before.map(|finding| finding.violation_id).collect();
                let answer = judge(rule, trace, settings.completeness, &[Reason::Late]);
                let wanted = violations(rule, id, &answer);
                let violated = after
                    .iter()
                    .all(|finding| finding.verdict == Verdict::Violated);
                let got: BTreeSet<_> = after.iter().map(|finding| finding.violation_id).collect();
                let new: BTreeSet<_> = wanted.difference(&before).copied().collect();
                if wanted.len() <= OBLIGATION_CAP && (!violated || got != new) {
                    let detail = format!(
                        "closed after {cut} spans, early {}; later the engine said: {}\noracle: {}",
                        settings.early,
                        show(&after),
                        show_answer(&answer)
                    );
                    return Err(wrong(r, t, detail));
                }
            }
        }
        Ok(())
    }
}
