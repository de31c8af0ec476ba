//! Copies of one span that differ: the first counts, and which one that is must not decide between two verdicts.

use betrace_lang::verdict::{Reason, Verdict};

use super::script::{Act, Ending, Script, SpanAt, split};
use super::{Divergence, Trial};
use crate::oracle::{Completeness, Trace};
use crate::tape::Tape;

impl Trial<'_> {
    /// The spans of each such trace in two orders: engine and oracle agree on each, and neither gives one trace two
    /// different definite verdicts.
    pub(super) fn copies(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let completeness = tape.pick(&[Completeness::Root, Completeness::Idle]);
        let orders = [self.shuffled(tape), self.shuffled(tape)];
        for order in &orders {
            let runs = order.iter().flatten().map(|span| vec![*span]).collect();
            let mut acts = split(tape, runs);
            acts.push(Act::Close(Ending::EndOfInput));
            self.agree(&Script {
                completeness,
                early: tape.chance(50),
                ..Script::of(acts)
            })?;
        }
        for trace in 0..self.subjects.len() {
            let [a, b] = orders.each_ref().map(|order| &order[trace]);
            self.alike(trace, a, b, completeness)?;
        }
        Ok(())
    }

    /// The spans of every trace that has differing copies, in any order; the others have nothing to say here.
    fn shuffled(&self, tape: &mut Tape) -> Vec<Vec<SpanAt>> {
        let subjects = self.subjects.iter().enumerate();
        let order = subjects.map(|(trace, subject)| {
            let mut spans: Vec<SpanAt> = Vec::new();
            if subject.has_differing {
                for span in 0..subject.spans.len() {
                    spans.insert(tape.below(spans.len() + 1), (trace, span));
                }
            }
            spans
        });
        order.collect()
    }

    fn alike(
        &mut self,
        trace: usize,
        a: &[SpanAt],
        b: &[SpanAt],
        completeness: Completeness,
    ) -> Result<(), Divergence> {
        let subject = &self.subjects[trace];
        if !subject.has_differing {
            return Ok(());
        }
        let is_conflict = subject.read.iter().enumerate().any(|(at, read)| {
            let mut earlier = subject.read[..at].iter().enumerate();
            earlier.any(|(one, known)| subject.are_copies(one, at) && known != read)
        });
        let causes: &[Reason] = if is_conflict {
            &[Reason::Conflict]
        } else {
            &[]
        };
        for (number, reading) in self.readings.iter().enumerate() {
            // A half that comes later changes an ancestry that was known.
            if subject.has_halves && self.reads_ancestry[number] {
                continue;
            }
            let [one, other] = [a, b].map(|order| {
                let spans = order.iter().map(|(_, span)| &subject.spans[*span]);
                reading
                    .judge(Trace::of(spans), completeness, causes)
                    .verdict
            });
            let is_definite = |verdict| verdict != Verdict::Inconclusive;
            if is_definite(one) && is_definite(other) && one != other {
                let detail = format!("{one:?} in one order of copies and {other:?} in another");
                return Err(self.wrong(number, trace, detail));
            }
            self.tally.count("orders of copies", 1);
        }
        Ok(())
    }
}
