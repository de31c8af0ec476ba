//! Plays a script, and holds all that the engine said, and when, against the oracle.

use std::sync::Arc;

use betrace_engine::{Finding, Stats};
use betrace_lang::verdict::Verdict;

use super::counted::{Counted, contradict};
use super::expect::{Given, Matter, OBLIGATION_CAP, show};
use super::play::{LATE_WINDOW, Player};
use super::progress::{OfRule, Progress};
use super::script::{Act, Script};
use super::{Divergence, Tally, Trial};
use crate::oracle::Reasons;

/// What an act made the engine say, in the order of traces and rules.
struct Said<'f> {
    about: Vec<(usize, usize)>,
    findings: Vec<&'f Finding>,
    /// So many have been looked at.
    taken: usize,
}

impl<'f> Said<'f> {
    /// The first that was not looked at.
    fn next(&self) -> Option<((usize, usize), &'f Finding)> {
        Some((*self.about.get(self.taken)?, self.findings.get(self.taken)?))
    }

    /// About this pair, which comes behind the one before.
    fn take(&mut self, trace: usize, rule: usize) -> &[&'f Finding] {
        let from = self.taken;
        let rest = self.about[from..].iter();
        self.taken += rest.take_while(|about| **about == (trace, rule)).count();
        &self.findings[from..self.taken]
    }
}

pub(super) struct Watch<'t, 'a> {
    pub(super) trial: &'t Trial<'a>,
    pub(super) script: &'t Script,
    pub(super) progress: Vec<Progress>,
    pub(super) counted: Vec<Counted>,
    pub(super) tally: Tally,
    /// Spans come behind a close.
    is_late: bool,
    /// The added rules are there.
    has_all: bool,
    /// Not every verdict can be worked out.
    uncountable: bool,
}

impl Trial<'_> {
    /// # Errors
    /// The first thing that the engine said, or did not say, against the oracle.
    pub fn agree(&mut self, script: &Script) -> Result<(), Divergence> {
        let refused = |fault| self.wrong(0, 0, fault);
        let mut player = Player::new(self.rules, &self.subjects, script).map_err(refused)?;
        let rules = self.rules.len();
        let is_close = |act: &Act| matches!(act, Act::Close(_));
        let is_bring = |act: &Act| matches!(act, Act::Bring(_));
        let mut behind = script.acts.iter().skip_while(|act| !is_close(act));
        let mut watch = Watch {
            script,
            progress: vec![Progress::new(rules); self.subjects.len()],
            counted: vec![Counted::default(); rules],
            tally: Tally::default(),
            is_late: behind.any(is_bring),
            has_all: script.added.is_none(),
            // What was counted is not stored, and a rule that is added is not judged exactly.
            uncountable: script
                .acts
                .iter()
                .any(|act| matches!(act, Act::Restart | Act::Crash | Act::Add)),
            trial: self,
        };
        for act in &script.acts {
            let findings = player.act(act).map_err(refused)?;
            watch.act(act, &findings).map_err(|mut divergence| {
                divergence.detail += &format!("\n{}", shown(script, divergence.trace));
                divergence
            })?;
        }
        watch.counts(&player.stats())?;
        let tally = watch.tally;
        self.tally.add(&tally);
        Ok(())
    }

    pub fn wrong(&self, rule: usize, trace: usize, detail: impl Into<String>) -> Divergence {
        Divergence {
            law: self.law,
            rule,
            trace,
            detail: detail.into(),
        }
    }

    fn sorted<'f>(&self, findings: &'f [Finding]) -> Result<Said<'f>, Divergence> {
        let mut said = Vec::with_capacity(findings.len());
        for finding in findings {
            let mut rules = self.rules.iter();
            let rule = rules.position(|rule| Arc::ptr_eq(rule, &finding.rule));
            let trace = self.numbers.get(&finding.trace_id.0);
            let (Some(rule), Some(trace)) = (rule, trace) else {
                let detail = format!("a verdict about nothing: {}", show(&[finding]));
                return Err(self.wrong(0, 0, detail));
            };
            said.push(((*trace, rule), finding));
        }
        said.sort_by_key(|(about, _)| *about);
        let (about, findings) = said.into_iter().unzip();
        Ok(Said {
            about,
            findings,
            taken: 0,
        })
    }

    /// Nothing was said about what comes before this pair and was not to be looked at.
    fn is_in_turn(&self, said: &Said<'_>, next: (usize, usize)) -> Result<(), Divergence> {
        match said.next() {
            Some(((trace, rule), finding)) if (trace, rule) < next => {
                let detail = format!("out of turn, engine: {}", show(&[finding]));
                Err(self.wrong(rule, trace, detail))
            }
            _ => Ok(()),
        }
    }
}

impl<'t> Watch<'t, '_> {
    fn act(&mut self, act: &Act, findings: &[Finding]) -> Result<(), Divergence> {
        let mut said = self.trial.sorted(findings)?;
        let concerned = self.concerned(act);
        for &trace in &concerned {
            if self.trial.is_costly[trace] && !self.script.verdicts {
                // What was left open for its work is counted, and not told.
                self.counted.iter_mut().for_each(|rule| rule.is_cut = true);
            }
            let subject = &self.trial.subjects[trace];
            let progress = &self.progress[trace];
            let readings = &self.trial.readings;
            let causes = |ending| progress.causes(subject, readings, self.script, ending);
            let causes = act.ending().map(causes);
            for rule in 0..self.trial.rules.len() {
                self.trial.is_in_turn(&said, (trace, rule))?;
                let said = said.take(trace, rule);
                let is_there = self.has_all || self.script.has_from_the_start(rule);
                let before = self.progress[trace].of_rule[rule].before;
                let of_rule = causes.as_ref().map(|causes| causes[rule]);
                let right = match (of_rule, before) {
                    _ if !is_there => nothing(said),
                    (of_rule, Some(before)) => {
                        self.about(rule, trace, before, of_rule.is_some(), said)
                    }
                    (Some(causes), None) => self.close(rule, trace, causes, said),
                    (None, None) => self.brought(rule, trace, said),
                };
                let right = match right {
                    Err(_) if is_there && self.trial.is_costly[trace] => {
                        self.cut(rule, trace, of_rule, said)
                    }
                    right => right,
                };
                right.map_err(|detail| self.trial.wrong(rule, trace, detail))?;
            }
            self.progress[trace].closed |= causes.is_some();
            if let Some(causes) = causes {
                let of_rule = self.progress[trace].of_rule.iter_mut().zip(&causes);
                for (of_rule, why) in of_rule {
                    of_rule.contradicted = why.is_empty().then(Given::new);
                }
            } else {
                let contradicted = contradict(
                    self.trial,
                    trace,
                    &mut self.progress[trace],
                    &mut self.counted,
                );
                self.tally.count("contradicted", contradicted);
            }
        }
        self.trial.is_in_turn(&said, (usize::MAX, usize::MAX))
    }

    /// Notes what happens, and of which traces the engine may say something then.
    fn concerned(&mut self, act: &Act) -> Vec<usize> {
        let mut concerned = Vec::new();
        match act {
            Act::Bring(spans) => {
                for (trace, span) in spans {
                    let subject = &self.trial.subjects[*trace];
                    self.progress[*trace].note(*span, subject, self.script);
                    concerned.push(*trace);
                }
                concerned.sort_unstable();
                concerned.dedup();
            }
            Act::Close(_) => {
                let traces = 0..self.progress.len();
                concerned.extend(traces.filter(|trace| self.progress[*trace].is_live()));
            }
            Act::Pass(seconds) if *seconds > LATE_WINDOW => {
                self.uncountable = true;
                let closed = self.progress.iter_mut().filter(|progress| progress.closed);
                closed.for_each(Progress::forget);
            }
            Act::Crash => {
                for progress in &mut self.progress {
                    progress.crashed |= progress.is_live();
                }
            }
            Act::Add => {
                self.has_all = true;
                for progress in self.progress.iter_mut().filter(|one| !one.came.is_empty()) {
                    let came = progress.came.len();
                    for (rule, of_rule) in progress.of_rule.iter_mut().enumerate() {
                        of_rule.before = (!self.script.has_from_the_start(rule)).then_some(came);
                    }
                }
            }
            Act::Pass(_) | Act::Reload | Act::Restart => {}
        }
        concerned
    }

    /// Of a trace of which two spans share an id: a half that comes later changes an ancestry that was known.
    fn is_undone(&self, rule: usize, trace: usize) -> bool {
        (self.script.early || self.is_late)
            && self.trial.subjects[trace].has_halves
            && self.trial.reads_ancestry[rule]
    }

    /// What is certain is said at once, if it is to be said before the close.
    fn brought(&mut self, rule: usize, trace: usize, said: &[&Finding]) -> Result<(), String> {
        let (subject, reading) = (&self.trial.subjects[trace], &self.trial.readings[rule]);
        let is_undone = self.is_undone(rule, trace);
        let matter = self.matter(rule, trace, Reasons::default());
        let progress = &mut self.progress[trace];
        if !self.script.early && !progress.closed {
            return nothing(said);
        }
        // What nobody compares is not worked out.
        let open = (!is_undone).then(|| progress.open(subject, reading, rule));
        let in_order = progress.is_in_order();
        let counted = &mut self.counted[rule];
        counted.violations += said.len() as u64;
        let OfRule {
            given, unordered, ..
        } = &mut progress.of_rule[rule];
        if progress.closed && given.is_empty() && !said.is_empty() {
            counted.verdicts[Verdict::Violated as usize] += 1;
        }
        let Some(open) = open else {
            given.extend(violations(said));
            return Ok(());
        };
        let Some(answer) = open else {
            unordered.extend(violations(said));
            return Ok(());
        };
        if in_order && unordered.is_empty() {
            matter.violations(said, &answer, false, given)?;
        } else {
            given.append(unordered);
            given.extend(violations(said));
            let wanted: Given = answer.broken.iter().map(|broken| broken.identity).collect();
            if !given.is_subset(&wanted) || given.len() != wanted.len().min(OBLIGATION_CAP) {
                let (given, wanted) = (given.len(), wanted.len());
                let last = show(said);
                return Err(format!(
                    "{given} violations said and not {wanted}, the last: {last}"
                ));
            }
        }
        let what = if self.is_late {
            "said late"
        } else {
            "said at once"
        };
        self.tally.count(self.trial.law, 1);
        self.tally.count(what, said.len());
        Ok(())
    }

    fn matter(&self, rule: usize, trace: usize, causes: Reasons) -> Matter<'t> {
        let subject = &self.trial.subjects[trace];
        Matter {
            rule: &self.trial.rules[rule],
            trace: subject.id(),
            spans: subject.spans,
            causes,
        }
    }

    /// The rest is said at the close, and every rule has one verdict.
    fn close(
        &mut self,
        rule: usize,
        trace: usize,
        causes: Reasons,
        said: &[&Finding],
    ) -> Result<(), String> {
        let (subject, reading) = (&self.trial.subjects[trace], &self.trial.readings[rule]);
        let is_undone = self.is_undone(rule, trace);
        let matter = self.matter(rule, trace, causes);
        let progress = &mut self.progress[trace];
        let counted = &mut self.counted[rule];
        let told = violations(said);
        counted.violations += told.len() as u64;
        if is_undone {
            let given = &mut progress.of_rule[rule].given;
            let fired = (!given.is_empty()).then_some(Verdict::Violated);
            match fired.or(said.first().map(|one| one.verdict)) {
                Some(verdict) => counted.verdicts[verdict as usize] += 1,
                None => self.uncountable = true,
            }
            given.extend(told);
            return Ok(());
        }
        let answer = if causes.is_empty() {
            progress.closed(subject, reading, rule)
        } else {
            progress
                .open(subject, reading, rule)
                .ok_or("the oracle was not asked")?
        };
        let given = &mut progress.of_rule[rule].given;
        let mut verdict = answer.verdict;
        if verdict == Verdict::Violated {
            matter.violations(said, &answer, true, given)?;
        } else if given.is_empty() && self.script.verdicts {
            matter.verdict(said, &answer, &progress.came)?;
        } else if !said.is_empty() {
            return Err(format!("a second verdict, engine: {}", show(said)));
        } else if !given.is_empty() {
            verdict = Verdict::Violated;
        }
        counted.verdicts[verdict as usize] += 1;
        let reason = answer.why.with(causes).first();
        let reason = reason.filter(|_| verdict == Verdict::Inconclusive);
        let is_beyond = answer.broken.len() > OBLIGATION_CAP;
        self.tally.count(self.trial.law, 1);
        self.tally.verdict(verdict, reason);
        self.tally.count("beyond the cap", usize::from(is_beyond));
        Ok(())
    }

    /// All verdicts are counted, said or not.
    fn counts(&self, stats: &Stats) -> Result<(), Divergence> {
        if self.uncountable {
            return Ok(());
        }
        for (at, (counted, stats)) in self.counted.iter().zip(&stats.rules).enumerate() {
            let right = counted.is_counted(stats);
            right.map_err(|detail| self.trial.wrong(at, 0, detail))?;
        }
        Ok(())
    }
}

fn nothing(said: &[&Finding]) -> Result<(), String> {
    match said {
        [] => Ok(()),
        _ => Err(format!("too early, engine: {}", show(said))),
    }
}

/// The identities of the violations among what was said.
pub(super) fn violations(said: &[&Finding]) -> Given {
    let violated = said.iter().filter(|one| one.verdict == Verdict::Violated);
    violated.map(|one| one.violation_id.0).collect()
}

/// A script as it concerns one trace, in few words.
fn shown(script: &Script, of: usize) -> String {
    let act = |act: &Act| match act {
        Act::Bring(spans) => {
            let of_it = spans.iter().filter(|(trace, _)| *trace == of);
            let spans: Vec<String> = of_it.map(|(_, span)| span.to_string()).collect();
            (!spans.is_empty()).then(|| format!("spans {}", spans.join(" ")))
        }
        act => Some(format!("{act:?}")),
    };
    let acts: Vec<String> = script.acts.iter().filter_map(act).collect();
    let rest = Script {
        acts: Vec::new(),
        ..script.clone()
    };
    format!("{}\n{rest:?}", acts.join(" | "))
}
