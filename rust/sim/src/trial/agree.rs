//! Plays a script, and holds all that the engine said, and when, against the oracle.

use std::borrow::Cow;
use std::sync::Arc;

use betrace_engine::{Finding, Stats};
use betrace_lang::verdict::{Reason, Verdict};

use super::expect::{Given, Matter, OBLIGATION_CAP, show};
use super::play::{LATE_WINDOW, play};
use super::script::{Act, Ending, Script, SpanAt};
use super::{Divergence, Tally, Trial};
use crate::oracle::{Answer, Reasons, Trace};

/// How far a trace has come.
#[derive(Clone, Default)]
struct Progress {
    /// Its spans, each where it came first.
    came: Vec<usize>,
    /// The engine has forgotten the spans before this one.
    forgotten: usize,
    closed: bool,
    /// By rule.
    given: Vec<Given>,
    /// What was said while only the engine knew in which order the spans came, by rule.
    unordered: Vec<Given>,
}

/// What a script must have led to, by rule: traces by verdict, and violations.
#[derive(Clone, Default)]
struct Counted {
    verdicts: [u64; 4],
    violations: u64,
}

/// What an act made the engine say, by trace and rule.
struct Said<'f>(Vec<(usize, usize, &'f Finding)>);

impl<'f> Said<'f> {
    fn of(&self, rule: usize, trace: usize) -> Vec<&'f Finding> {
        let from = self.0.partition_point(|(t, r, _)| (*t, *r) < (trace, rule));
        let rest = self.0[from..].iter();
        let these = rest.take_while(|(t, r, _)| (*t, *r) == (trace, rule));
        these.map(|(_, _, finding)| *finding).collect()
    }
}

struct Watch<'t, 'a> {
    trial: &'t Trial<'a>,
    script: &'t Script,
    progress: Vec<Progress>,
    counted: Vec<Counted>,
    tally: Tally,
    /// Spans come behind a close.
    is_late: bool,
    /// Not every verdict can be worked out.
    uncountable: bool,
}

impl Trial<'_> {
    /// # Errors
    /// The first thing that the engine said, or did not say, against the oracle.
    pub fn agree(&mut self, script: &Script) -> Result<(), Divergence> {
        let played = play(self.rules, &self.subjects, script);
        let played = played.map_err(|fault| self.wrong(0, 0, fault))?;
        let rules = self.rules.len();
        let fresh = Progress {
            given: vec![Given::new(); rules],
            unordered: vec![Given::new(); rules],
            ..Progress::default()
        };
        let is_close = |act: &Act| matches!(act, Act::Close(_));
        let is_bring = |act: &Act| matches!(act, Act::Bring(_));
        let mut behind = script.acts.iter().skip_while(|act| !is_close(act));
        let mut watch = Watch {
            script,
            progress: vec![fresh; self.subjects.len()],
            counted: vec![Counted::default(); rules],
            tally: Tally::default(),
            is_late: behind.any(is_bring),
            uncountable: script.acts.contains(&Act::Restart),
            trial: self,
        };
        for (act, findings) in script.acts.iter().zip(&played.findings) {
            watch.act(act, findings).map_err(|mut divergence| {
                divergence.detail += &format!("\n{}", shown(script, divergence.trace));
                divergence
            })?;
        }
        watch.counts(&played.stats)?;
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
            said.push((*trace, rule, finding));
        }
        said.sort_by_key(|(trace, rule, _)| (*trace, *rule));
        Ok(Said(said))
    }
}

impl<'t> Watch<'t, '_> {
    fn act(&mut self, act: &Act, findings: &[Finding]) -> Result<(), Divergence> {
        let said = self.trial.sorted(findings)?;
        let concerned = match act {
            Act::Bring(spans) => self.note(spans),
            Act::Close(_) => self.live(),
            Act::Pass(seconds) => self.pass(*seconds),
            Act::Reload | Act::Restart => Vec::new(),
        };
        let is_concerned = |trace: &usize| concerned.contains(trace);
        if let Some((trace, rule, one)) = said.0.iter().find(|one| !is_concerned(&one.0)) {
            let detail = format!("out of turn, engine: {}", show(&[one]));
            return Err(self.trial.wrong(*rule, *trace, detail));
        }
        for trace in concerned {
            let ending = match act {
                Act::Close(ending) => Some(self.causes(trace, *ending)),
                _ => None,
            };
            for rule in 0..self.trial.rules.len() {
                let said = said.of(rule, trace);
                let right = match ending {
                    Some(causes) => self.close(rule, trace, causes, &said),
                    None => self.brought(rule, trace, &said),
                };
                right.map_err(|detail| self.trial.wrong(rule, trace, detail))?;
            }
            self.progress[trace].closed |= ending.is_some();
        }
        Ok(())
    }

    /// Which traces got spans.
    fn note(&mut self, spans: &[SpanAt]) -> Vec<usize> {
        let mut concerned = Vec::new();
        for (trace, span) in spans {
            let came = &mut self.progress[*trace].came;
            if !came.contains(span) {
                came.push(*span);
            }
            if !concerned.contains(trace) {
                concerned.push(*trace);
            }
        }
        concerned
    }

    fn live(&self) -> Vec<usize> {
        let is_live = |trace: &usize| {
            let progress = &self.progress[*trace];
            !progress.closed && !progress.came.is_empty()
        };
        (0..self.progress.len()).filter(is_live).collect()
    }

    fn pass(&mut self, seconds: u64) -> Vec<usize> {
        if seconds > LATE_WINDOW {
            for progress in self.progress.iter_mut().filter(|progress| progress.closed) {
                progress.forgotten += progress.came.len();
                progress.came.clear();
                progress.closed = false;
                progress.given.iter_mut().for_each(Given::clear);
                self.uncountable = true;
            }
        }
        Vec::new()
    }

    /// Of a trace of which two spans share an id: a half that comes later changes an ancestry that was known.
    fn is_undone(&self, rule: usize, trace: usize) -> bool {
        (self.script.early || self.is_late)
            && self.trial.subjects[trace].has_halves
            && self.trial.reads_ancestry[rule]
    }

    /// The answer while spans may still come; none where the spans came in an order of which the oracle
    /// was not asked.
    fn open(&self, rule: usize, trace: usize) -> Option<Cow<'t, Answer>> {
        let subject = &self.trial.subjects[trace];
        let reading = &self.trial.readings[rule];
        let progress = &self.progress[trace];
        let (from, length) = (progress.forgotten, progress.came.len());
        if from > 0 {
            let trace = Trace::of(&subject.spans[from..from + length]);
            return Some(Cow::Owned(reading.answer(&trace.open(Reasons::default()))));
        }
        let in_order = progress.came.iter().copied().eq(0..length);
        let known =
            (in_order && subject.lengths.contains(&length)) || length == subject.spans.len();
        known.then(|| Cow::Borrowed(subject.open(reading, rule, length)))
    }

    /// Why the trace is incomplete, of itself.
    fn causes(&self, trace: usize, ending: Ending) -> Reasons {
        let progress = &self.progress[trace];
        let mut causes = match ending {
            Ending::EndOfInput | Ending::Idle => Vec::new(),
            Ending::Age => vec![Reason::Evicted],
            Ending::Shutdown => vec![Reason::Shutdown],
        };
        if progress.forgotten > 0 {
            causes.push(Reason::Late);
        }
        let subject = &self.trial.subjects[trace];
        let came = progress.came.iter().map(|span| &subject.spans[*span]);
        let missing = Trace::of(came).missing(self.script.completeness);
        Reasons::of(&causes).with(missing)
    }

    /// What is certain is said at once, if it is to be said before the close.
    fn brought(&mut self, rule: usize, trace: usize, said: &[&Finding]) -> Result<(), String> {
        let open = self.open(rule, trace);
        let is_undone = self.is_undone(rule, trace);
        let matter = self.matter(rule, trace, Reasons::default());
        let progress = &mut self.progress[trace];
        if !self.script.early && !progress.closed {
            return match said {
                [] => Ok(()),
                _ => Err(format!("before the close, engine: {}", show(said))),
            };
        }
        let counted = &mut self.counted[rule];
        counted.violations += said.len() as u64;
        let (given, unordered) = (&mut progress.given[rule], &mut progress.unordered[rule]);
        if progress.closed && given.is_empty() && !said.is_empty() {
            counted.verdicts[Verdict::Violated as usize] += 1;
        }
        if is_undone {
            given.extend(violations(said));
            return Ok(());
        }
        let Some(answer) = open else {
            unordered.extend(violations(said));
            return Ok(());
        };
        if progress.came.is_sorted() && unordered.is_empty() {
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
        let open = self.open(rule, trace);
        let is_undone = self.is_undone(rule, trace);
        let matter = self.matter(rule, trace, causes);
        let (subject, reading) = (&self.trial.subjects[trace], &self.trial.readings[rule]);
        let progress = &mut self.progress[trace];
        let given = &mut progress.given[rule];
        let counted = &mut self.counted[rule];
        let told = violations(said);
        counted.violations += told.len() as u64;
        if is_undone {
            let fired = (!given.is_empty()).then_some(Verdict::Violated);
            match fired.or(said.first().map(|one| one.verdict)) {
                Some(verdict) => counted.verdicts[verdict as usize] += 1,
                None => self.uncountable = true,
            }
            given.extend(told);
            return Ok(());
        }
        let answer = if !causes.is_empty() {
            open.ok_or("the oracle was not asked")?
        } else if progress.came.len() == subject.spans.len() {
            Cow::Borrowed(subject.closed(reading, rule))
        } else {
            let part = Trace::of(&subject.spans[..progress.came.len()]);
            Cow::Owned(reading.answer(&part))
        };
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
            let mut verdicts = [0; 4];
            verdicts[Verdict::Violated as usize] = stats.violated;
            verdicts[Verdict::Satisfied as usize] = stats.satisfied;
            verdicts[Verdict::NotApplicable as usize] = stats.not_applicable;
            verdicts[Verdict::Inconclusive as usize] = stats.inconclusive.iter().sum();
            if (verdicts, stats.violations) != (counted.verdicts, counted.violations) {
                let detail = format!(
                    "the engine counted {verdicts:?} and {} violations, and must have {:?} and {}",
                    stats.violations, counted.verdicts, counted.violations
                );
                return Err(self.trial.wrong(at, 0, detail));
            }
        }
        Ok(())
    }
}

/// The identities of the violations among what was said.
fn violations(said: &[&Finding]) -> Given {
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
