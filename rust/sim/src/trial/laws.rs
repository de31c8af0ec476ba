//! Each law, over a handful of rules and traces at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use betrace_engine::Finding;
use betrace_lang::rule::Rule;
use betrace_lang::verdict::{Reason, Verdict};

use super::Divergence;
use super::delivery::{Delivery, Ending, IDLE, run};
use super::expect::{Form, OBLIGATION_CAP, difference, show_answer, violations};
use crate::model::Span;
use crate::oracle::{Answer, Completeness, judge};
use crate::tape::Tape;

/// How much was tried, to show that the laws were not kept by silence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub traces: u64,
    /// Rule and trace pairs, by the verdict on the complete trace in the order of [`Verdict::ALL`].
    pub verdicts: [u64; 4],
    pub comparisons: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.traces += other.traces;
        self.comparisons += other.comparisons;
        for (to, from) in self.verdicts.iter_mut().zip(other.verdicts) {
            *to += from;
        }
    }
}

pub(super) struct Trial<'a> {
    pub rules: &'a [Arc<Rule>],
    pub traces: &'a [Vec<Span>],
    pub tally: Tally,
}

/// Holds every law over these rules and traces (with ids of their own). `salt` chooses the deliveries.
///
/// # Errors
/// The first law that does not hold.
pub fn check(rules: &[Arc<Rule>], traces: &[Vec<Span>], salt: u64) -> Result<Tally, Divergence> {
    let mut trial = Trial {
        rules,
        traces,
        tally: Tally::default(),
    };
    let tape = &mut Tape::recording(salt);
    trial.definite_stays()?;
    trial.complete(tape)?;
    trial.early(tape)?;
    trial.incomplete(tape)?;
    trial.any_delivery(tape)?;
    trial.thin()?;
    trial.late(tape)?;
    trial.interrupted(tape)?;
    trial.tally.traces = traces.len() as u64;
    Ok(trial.tally)
}

impl<'a> Trial<'a> {
    /// The oracle alone: what it says of a part that is still open, it says of the whole.
    fn definite_stays(&mut self) -> Result<(), Divergence> {
        for (t, trace) in self.traces.iter().enumerate() {
            for (r, rule) in self.rules.iter().enumerate() {
                let whole = judge(rule, trace, Completeness::Idle, &[]);
                let verdict = Verdict::ALL
                    .iter()
                    .position(|verdict| *verdict == whole.verdict);
                self.tally.verdicts[verdict.unwrap_or(0)] += 1;
                if halves(trace) {
                    // A second half that comes later changes an ancestry that was known.
                    continue;
                }
                for length in 0..=trace.len() {
                    let part = judge(
                        rule,
                        &trace[..length],
                        Completeness::Idle,
                        &[Reason::Evicted],
                    );
                    if contradicts(&part, &whole) {
                        let detail = format!(
                            "after {length} spans: {}\nafter all: {}",
                            show_answer(&part),
                            show_answer(&whole)
                        );
                        return Err(Divergence {
                            law: "a definite verdict stays (oracle)",
                            rule: r,
                            trace: t,
                            detail,
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn complete(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let completeness =
            tape.pick(&[Completeness::Root, Completeness::Linked, Completeness::Idle]);
        let ending = tape.pick(&[Ending::EndOfInput, Ending::Idle]);
        let delivery = Delivery {
            completeness,
            ending,
            ..Delivery::plain(self.together())
        };
        self.agree("complete traces", &delivery, Form::Canonical)
    }

    fn early(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let completeness =
            tape.pick(&[Completeness::Root, Completeness::Linked, Completeness::Idle]);
        let batches = split(tape, self.together());
        let delivery = Delivery {
            batches,
            completeness,
            early: true,
            ..Delivery::plain(Vec::new())
        };
        self.agree("complete traces, said early", &delivery, Form::AsKnown)
    }

    /// A part of each trace, cut off.
    fn incomplete(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let parts: Vec<Vec<&Span>> = self
            .traces
            .iter()
            .map(|trace| trace[..1 + tape.below(trace.len())].iter().collect())
            .collect();
        let ending = tape.pick(&[Ending::Age, Ending::Shutdown]);
        let early = tape.chance(50);
        let batches = split(tape, parts.into_iter().flatten().collect());
        let delivery = Delivery {
            batches,
            ending,
            early,
            ..Delivery::plain(Vec::new())
        };
        let form = if early {
            Form::AsKnown
        } else {
            Form::Canonical
        };
        self.agree("traces that were cut off", &delivery, form)
    }

    /// Other orders, batches, shards and gaps, and everything now and then twice.
    fn any_delivery(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let traces: Vec<&Vec<Span>> = self.traces.iter().collect();
        let mut spans: Vec<&Span> = Vec::new();
        for trace in traces {
            // Of differing copies the first counts, so their order is kept.
            let shuffled = !differing(trace);
            let first = spans.len();
            for span in trace {
                let at = if shuffled {
                    first + tape.below(spans.len() - first + 1)
                } else {
                    spans.len()
                };
                spans.insert(at, span);
            }
            for span in trace {
                if tape.chance(15) {
                    let copy = spans[first..].iter().position(|known| *known == span);
                    let after = first + copy.unwrap_or(0) + 1;
                    let at = after + tape.below(spans.len() - after + 1);
                    if !differing(trace) {
                        spans.insert(at, span);
                    }
                }
            }
        }
        let spans = interleave(tape, spans);
        let batches = split(tape, spans);
        let most = IDLE / batches.len() as u64;
        let delivery = Delivery {
            batches,
            completeness: tape.pick(&[
                Completeness::Root,
                Completeness::Linked,
                Completeness::Idle,
            ]),
            ending: tape.pick(&[Ending::EndOfInput, Ending::Idle]),
            early: tape.chance(50),
            shards: 1 + tape.below(3) as u32,
            gap: tape.pick(&[0, 4, 9]).min(most),
        };
        let form = if delivery.early {
            Form::AsKnown
        } else {
            Form::Canonical
        };
        self.agree(
            "any order, batches, shards, gaps and copies",
            &delivery,
            form,
        )
    }

    pub fn together(&self) -> Vec<&'a Span> {
        self.traces.iter().flatten().collect()
    }

    /// The engine and the oracle say the same of every rule and trace of a delivery, and the engine says
    /// before the close whatever is certain by then.
    fn agree(
        &mut self,
        law: &'static str,
        delivery: &Delivery<'_>,
        form: Form,
    ) -> Result<(), Divergence> {
        let wrong = |rule, trace, detail: String| {
            let detail = format!("{delivery:?}", delivery = Shown(delivery)) + "\n" + &detail;
            Divergence {
                law,
                rule,
                trace,
                detail,
            }
        };
        let found = run(self.rules, delivery).map_err(|fault| wrong(0, 0, fault))?;
        let cause: &[Reason] = match delivery.ending {
            Ending::Age => &[Reason::Evicted],
            Ending::Shutdown => &[Reason::Shutdown],
            Ending::EndOfInput | Ending::Idle => &[],
        };
        for (t, trace) in self.traces.iter().enumerate() {
            let id = trace[0].trace;
            let came = delivery
                .batches
                .iter()
                .flatten()
                .filter(|span| span.trace == id);
            let came: Vec<Span> = came.map(|span| (*span).clone()).collect();
            if delivery.early && halves(trace) {
                // What was said of an ancestry may have been undone by a second half.
                continue;
            }
            for (r, rule) in self.rules.iter().enumerate() {
                self.tally.comparisons += 1;
                let of =
                    |finding: &&Finding| finding.rule.id == rule.id && finding.trace_id.0 == id;
                let said: Vec<&Finding> = found.all.iter().filter(of).collect();
                let answer = judge(rule, &came, delivery.completeness, cause);
                if let Some(detail) = difference(rule, &came, &said, &answer, form, cause) {
                    return Err(wrong(r, t, detail));
                }
                // A rule that is broken by any trace at all is said at the close.
                let nothing = judge(rule, &[], Completeness::Idle, &[Reason::Evicted]);
                if delivery.early && nothing.verdict != Verdict::Violated {
                    let early = judge(rule, &came, Completeness::Idle, &[Reason::Evicted]);
                    let wanted = violations(rule, id, &early);
                    let said = found.before_close.iter().filter(of);
                    let got: BTreeSet<_> = said.map(|finding| finding.violation_id).collect();
                    if wanted.len() <= OBLIGATION_CAP && got != wanted {
                        let detail = format!(
                            "before the close the engine said {} violations: {got:?}\noracle: {}",
                            got.len(),
                            show_answer(&early)
                        );
                        return Err(wrong(r, t, detail));
                    }
                }
            }
        }
        Ok(())
    }
}

/// A definite verdict, and another one on the whole.
fn contradicts(part: &Answer, whole: &Answer) -> bool {
    match part.verdict {
        Verdict::Inconclusive => false,
        Verdict::Violated => !part
            .broken
            .iter()
            .all(|broken| whole.broken.iter().any(|other| other.bound == broken.bound)),
        definite => definite != whole.verdict,
    }
}

/// Do two spans share an id without being one?
pub(super) fn halves(trace: &[Span]) -> bool {
    let same = |a: &Span, b: &Span| a.id == b.id && a.identity() != b.identity();
    trace.iter().any(|a| trace.iter().any(|b| same(a, b)))
}

/// Are there copies of one span that differ?
fn differing(trace: &[Span]) -> bool {
    let differ = |a: &Span, b: &Span| a.identity() == b.identity() && a != b;
    trace.iter().any(|a| trace.iter().any(|b| differ(a, b)))
}

/// Spans of several traces by turns, each trace in its order.
fn interleave<'a>(tape: &mut Tape, spans: Vec<&'a Span>) -> Vec<&'a Span> {
    let mut queues: Vec<Vec<&Span>> = Vec::new();
    for span in spans.into_iter().rev() {
        match queues.iter_mut().find(|queue| queue[0].trace == span.trace) {
            Some(queue) => queue.push(span),
            None => queues.push(vec![span]),
        }
    }
    let mut mixed = Vec::new();
    while !queues.is_empty() {
        let which = tape.below(queues.len());
        mixed.extend(queues[which].pop());
        queues.retain(|queue| !queue.is_empty());
    }
    mixed
}

fn split<'a>(tape: &mut Tape, spans: Vec<&'a Span>) -> Vec<Vec<&'a Span>> {
    let mut batches: Vec<Vec<&Span>> = vec![Vec::new()];
    for span in spans {
        if tape.chance(40) {
            batches.push(Vec::new());
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(span);
        }
    }
    batches
}

/// A delivery without the spans.
struct Shown<'a>(&'a Delivery<'a>);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Delivery {
            batches,
            completeness,
            ending,
            early,
            shards,
            gap,
        } = self.0;
        let short = |span: &&Span| format!("{:02x}", span.id[7]);
        let batch = |batch: &Vec<&Span>| batch.iter().map(short).collect::<Vec<_>>().join(" ");
        let batches: Vec<String> = batches.iter().map(batch).collect();
        write!(
            out,
            "delivered [{}], {completeness:?}, {ending:?}, early {early}, {shards} shards, gaps of {gap} s",
            batches.join(" | ")
        )
    }
}
