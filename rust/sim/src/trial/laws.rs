//! Every law, in one table.

use betrace_lang::verdict::Verdict;

use super::script::{Act, Ending, Script, interleave, messages, split};
use super::{Divergence, Law, Trial};
use crate::oracle::{Answer, Completeness};
use crate::tape::Tape;

/// In each of them engine and oracle agree on verdicts and reasons, and on the violations: identity, clause,
/// text, count, times, evidence and the moment; and on how often each verdict is counted.
pub const LAWS: [Law; 14] = [
    Law {
        name: "a definite verdict stays",
        says: "what the oracle says of a part that is still open, it says of the whole",
        hold: |trial, _| trial.definite_stays(),
    },
    Law {
        name: "complete",
        says: "a complete trace, all at once, is judged at its close in canonical form",
        hold: |trial, tape| trial.complete(tape),
    },
    Law {
        name: "at once",
        says: "after every message, what no later span can undo has been said, and nothing else",
        hold: |trial, tape| trial.at_once(tape),
    },
    Law {
        name: "cut off",
        says: "a part of a trace that ends by age or shutdown stays open for ever",
        hold: |trial, tape| trial.cut_off(tape),
    },
    Law {
        name: "any delivery",
        says: "order, messages, shards, the hash seed, gaps, equal copies, traces that closed meanwhile: nothing of it matters",
        hold: |trial, tape| trial.any_delivery(tape),
    },
    Law {
        name: "thin",
        says: "messages with only the fields that the engine asks for give the same",
        hold: |trial, tape| trial.thin(tape),
    },
    Law {
        name: "late",
        says: "spans behind the close add the violations that are definite by then, and nothing else",
        hold: |trial, tape| trial.late(tape),
    },
    Law {
        name: "forgotten",
        says: "spans of a trace of which the id alone is remembered are judged by themselves, incomplete",
        hold: |trial, tape| trial.forgotten(tape),
    },
    Law {
        name: "interrupted",
        says: "a reload with the same rules and a restart from stored state, at any point, change nothing",
        hold: |trial, tape| trial.interrupted(tape),
    },
    Law {
        name: "over the limit",
        says: "spans beyond the limit are not looked at, and the trace stays open for ever",
        hold: |trial, tape| trial.over_the_limit(tape),
    },
    Law {
        name: "crashed",
        says: "after a restart without the last state, traces that were under way stay open for ever",
        hold: |trial, tape| trial.crashed(tape),
    },
    Law {
        name: "added",
        says: "a rule that is added says of traces under way only what is certain, and changes no other rule",
        hold: |trial, tape| trial.added(tape),
    },
    Law {
        name: "closing",
        says: "a trace closes its idle time after its latest span, once its root, parents and running deadlines are awaited no more",
        hold: |trial, tape| trial.closing(tape),
    },
    Law {
        name: "copies",
        says: "differing copies of a span, in two orders, end in a conflict or alike, never in two different definite verdicts",
        hold: |trial, tape| trial.copies(tape),
    },
];

impl Trial<'_> {
    fn definite_stays(&mut self) -> Result<(), Divergence> {
        let mut pairs = 0;
        for (t, subject) in self.subjects.iter().enumerate() {
            for rule in 0..self.rules.len() {
                let reading = &self.readings[rule];
                let whole = subject.closed(reading, rule);
                // A second half that comes later changes an ancestry that was known.
                let is_undone = subject.has_halves && self.reads_ancestry[rule];
                for length in &subject.lengths {
                    let part = subject.open(reading, rule, *length);
                    if !is_undone && contradicts(part, whole) {
                        let detail = format!("after {length} spans {part:?}\nafter all {whole:?}");
                        return Err(self.wrong(rule, t, detail));
                    }
                }
                pairs += 1;
            }
        }
        self.tally.count(self.law, pairs);
        Ok(())
    }

    fn complete(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let whole =
            |trace: usize| (0..self.subjects[trace].spans.len()).map(move |span| (trace, span));
        let spans = (0..self.subjects.len()).flat_map(whole).collect();
        self.agree(&Script {
            completeness: tape.pick(&Completeness::ALL),
            grouped: true,
            ..Script::of(vec![Act::Bring(spans), Act::Close(whole_ending(tape))])
        })
    }

    fn at_once(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let mut acts = messages(tape, &self.subjects, |trace| self.whole(trace));
        acts.push(Act::Close(whole_ending(tape)));
        self.agree(&Script {
            completeness: tape.pick(&Completeness::ALL),
            early: true,
            ..Script::of(acts)
        })
    }

    fn cut_off(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let cuts = self.cuts(tape, 1);
        let mut acts = messages(tape, &self.subjects, |trace| (0, cuts[trace]));
        acts.push(Act::Close(tape.pick(&[Ending::Age, Ending::Shutdown])));
        self.agree(&Script {
            early: tape.chance(50),
            ..Script::of(acts)
        })
    }

    /// Some of the traces close before the others begin.
    fn any_delivery(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let mut waves = vec![Vec::new(), Vec::new()];
        for (trace, subject) in self.subjects.iter().enumerate() {
            let mut spans: Vec<Vec<(usize, usize)>> = Vec::new();
            // Of differing copies the first counts, so their order is kept.
            let shuffled = !subject.has_differing;
            for span in 0..subject.spans.len() {
                let at = if shuffled {
                    tape.below(spans.len() + 1)
                } else {
                    spans.len()
                };
                spans.insert(at, vec![(trace, span)]);
                if shuffled && tape.chance(15) {
                    let copy = at + 1 + tape.below(spans.len() - at);
                    spans.insert(copy, vec![(trace, span)]);
                }
            }
            waves[tape.below(2)].push(spans);
        }
        let gap = tape.pick(&[0, 4, 9]);
        let mut acts = Vec::new();
        for wave in waves {
            let spans = interleave(tape, wave);
            for message in split(tape, spans) {
                acts.push(Act::Pass(gap));
                acts.push(message);
            }
            acts.push(Act::Close(Ending::Idle));
        }
        self.agree(&Script {
            completeness: tape.pick(&Completeness::ALL),
            early: tape.chance(50),
            verdicts: tape.chance(50),
            shards: 1 + tape.below(3) as u32,
            seed: tape.below(1 << 20) as u64,
            ..Script::of(acts)
        })
    }

    fn thin(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let mut acts = messages(tape, &self.subjects, |trace| self.whole(trace));
        acts.push(Act::Close(whole_ending(tape)));
        self.agree(&Script {
            early: tape.chance(30),
            thin: true,
            ..Script::of(acts)
        })
    }

    fn late(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let cuts = self.cuts(tape, 1);
        let mut acts = messages(tape, &self.subjects, |trace| (0, cuts[trace]));
        acts.push(Act::Close(Ending::Idle));
        acts.push(Act::Pass(30));
        // What comes again is not late.
        let again = cuts
            .iter()
            .enumerate()
            .map(|(trace, cut)| (trace, tape.below(*cut)));
        acts.push(Act::Bring(again.collect()));
        let ends = |trace: usize| (cuts[trace], self.subjects[trace].spans.len());
        acts.extend(messages(tape, &self.subjects, ends));
        acts.push(Act::Close(Ending::Idle));
        self.agree(&Script {
            completeness: tape.pick(&Completeness::ALL),
            early: tape.chance(50),
            ..Script::of(acts)
        })
    }

    fn forgotten(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let cuts = self.cuts(tape, 1);
        let mut acts = messages(tape, &self.subjects, |trace| (0, cuts[trace]));
        acts.extend([Act::Close(Ending::Idle), Act::Pass(300)]);
        let rest = |(trace, cut): (usize, &usize)| {
            (*cut..self.subjects[trace].spans.len()).map(move |span| (trace, span))
        };
        acts.push(Act::Bring(cuts.iter().enumerate().flat_map(rest).collect()));
        acts.push(Act::Close(Ending::Idle));
        self.agree(&Script {
            early: tape.chance(50),
            ..Script::of(acts)
        })
    }

    fn interrupted(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let cuts = self.cuts(tape, 0);
        let mut acts = messages(tape, &self.subjects, |trace| (0, cuts[trace]));
        acts.push(Act::Close(Ending::Idle));
        let ends = |trace: usize| (cuts[trace], self.subjects[trace].spans.len());
        acts.extend(messages(tape, &self.subjects, ends));
        acts.push(Act::Close(Ending::Idle));
        for _ in 0..1 + tape.below(3) {
            let interruption = tape.pick(&[Act::Reload, Act::Restart]);
            acts.insert(tape.below(acts.len() + 1), interruption);
        }
        self.agree(&Script {
            early: tape.chance(50),
            ..Script::of(acts)
        })
    }

    fn over_the_limit(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let mut acts = messages(tape, &self.subjects, |trace| self.whole(trace));
        acts.push(Act::Close(whole_ending(tape)));
        self.agree(&Script {
            completeness: tape.pick(&Completeness::ALL),
            early: tape.chance(50),
            limit: 1 + tape.below(5) as u32,
            ..Script::of(acts)
        })
    }

    /// Or a start, without stored state, when spans have been under way.
    fn crashed(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let mut acts = messages(tape, &self.subjects, |trace| self.whole(trace));
        acts.push(Act::Close(whole_ending(tape)));
        let subject = &self.subjects[tape.below(self.subjects.len())];
        let span = &subject.spans[tape.below(subject.spans.len())];
        let started = Some(span.start).filter(|start| *start > 0 && tape.chance(50));
        if started.is_none() {
            acts.insert(tape.below(acts.len()), Act::Crash);
        }
        self.agree(&Script {
            completeness: tape.pick(&Completeness::ALL),
            early: tape.chance(50),
            started,
            ..Script::of(acts)
        })
    }

    fn added(&mut self, tape: &mut Tape) -> Result<(), Divergence> {
        let cuts = self.cuts(tape, 0);
        // Whether copies differ cannot be told by rules that read other fields: no trace that has such comes.
        let end = |trace: usize| match &self.subjects[trace] {
            subject if subject.has_differing => 0,
            subject => subject.spans.len(),
        };
        let starts = |trace: usize| (0, cuts[trace].min(end(trace)));
        let mut acts = messages(tape, &self.subjects, starts);
        acts.push(Act::Close(Ending::Idle));
        let ends = |trace: usize| (cuts[trace].min(end(trace)), end(trace));
        acts.extend(messages(tape, &self.subjects, ends));
        acts.push(Act::Close(Ending::Idle));
        acts.insert(tape.below(acts.len()), Act::Add);
        if tape.chance(30) {
            acts.insert(tape.below(acts.len()), Act::Restart);
        }
        self.agree(&Script {
            early: tape.chance(50),
            added: Some(1 + tape.below(3)),
            ..Script::of(acts)
        })
    }

    fn whole(&self, trace: usize) -> (usize, usize) {
        (0, self.subjects[trace].spans.len())
    }

    /// Where each trace is cut; some are not.
    fn cuts(&self, tape: &mut Tape, least: usize) -> Vec<usize> {
        let cut = |lengths: &Vec<usize>| lengths[least + tape.below(lengths.len() - least)];
        self.subjects
            .iter()
            .map(|subject| &subject.lengths)
            .map(cut)
            .collect()
    }
}

fn whole_ending(tape: &mut Tape) -> Ending {
    tape.pick(&[Ending::EndOfInput, Ending::Idle])
}

/// A definite verdict, and another one on the whole.
fn contradicts(part: &Answer, whole: &Answer) -> bool {
    let stays = |bound: &Vec<[u8; 8]>| whole.broken.iter().any(|other| other.bound == *bound);
    match part.verdict {
        Verdict::Inconclusive => false,
        Verdict::Violated => !part.broken.iter().all(|broken| stays(&broken.bound)),
        definite => definite != whole.verdict,
    }
}
