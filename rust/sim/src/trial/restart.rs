//! A reload with the same rules, and a restart with stored state: nothing changes.

use betrace_engine::{Engine, Finding, SnapshotKind, Timestamp};
use betrace_lang::verdict::Verdict;

use super::Divergence;
use super::delivery::{BEGIN, Delivery, Ending, SECOND, close, consume};
use super::expect::{Form, difference};
use super::laws::{Trial, halves};
use crate::model::Span;
use crate::oracle::judge;
use crate::tape::Tape;
use crate::wire::encode;

impl Trial<'_> {
    /// In the middle of the traces, the engine gets its rules once more, or another engine takes over.
    pub fn interrupted(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let law = "a reload with the same rules, a restart with stored state";
        let wrong = |rule, trace, detail| Divergence {
            law,
            rule,
            trace,
            detail,
        };
        let early = tape.chance(50);
        let restart = tape.chance(50);
        let delivery = Delivery {
            early,
            ending: Ending::Idle,
            ..Delivery::plain(Vec::new())
        };
        let engine = || {
            let engine = Engine::new(self.rules.to_vec(), delivery.settings(), BEGIN);
            engine.map_err(|fault| wrong(0, 0, fault.to_string()))
        };
        let cuts: Vec<usize> = self
            .traces
            .iter()
            .map(|trace| tape.below(trace.len() + 1))
            .collect();
        let parts = || self.traces.iter().zip(&cuts);
        let first: Vec<&Span> = parts().flat_map(|(trace, cut)| &trace[..*cut]).collect();
        let rest: Vec<&Span> = parts().flat_map(|(trace, cut)| &trace[*cut..]).collect();
        let mut running = engine()?;
        consume(&running, &encode(first), BEGIN).map_err(|fault| wrong(0, 0, fault))?;
        let mut found = running.take_findings(usize::MAX);
        let now = Timestamp(BEGIN.0 + SECOND);
        if restart {
            let stored = running.snapshot(SnapshotKind::Final);
            running = engine()?;
            running
                .restore(&stored, now)
                .map_err(|fault| wrong(0, 0, fault.to_string()))?;
        } else {
            let again = running.replace_rules(self.rules.to_vec(), now);
            again.map_err(|fault| wrong(0, 0, fault.to_string()))?;
        }
        consume(&running, &encode(rest), now).map_err(|fault| wrong(0, 0, fault))?;
        close(&running, Ending::Idle, now);
        found.extend(running.take_findings(usize::MAX));
        let form = if early {
            Form::AsKnown
        } else {
            Form::Canonical
        };
        for (t, (trace, cut)) in parts().enumerate() {
            if early && halves(trace) {
                continue;
            }
            for (r, rule) in self.rules.iter().enumerate() {
                let of = |finding: &&Finding| {
                    finding.rule.id == rule.id && finding.trace_id.0 == trace[0].trace
                };
                let said: Vec<&Finding> = found.iter().filter(of).collect();
                let answer = judge(rule, trace, delivery.completeness, &[]);
                if let Some(detail) = difference(rule, trace, &said, &answer, form, &[]) {
                    let what = if restart { "restart" } else { "reload" };
                    let detail = format!("{what} after {cut} spans, early {early}\n{detail}");
                    return Err(wrong(r, t, detail));
                }
                self.tally.comparisons += u64::from(answer.verdict != Verdict::Inconclusive);
            }
        }
        Ok(())
    }
}
