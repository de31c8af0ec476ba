//! The two oracles. Of what rests on presence: it agrees with what truly happened, whatever was delivered. Of what rests
//! on absence: it agrees with what was delivered before the close. What is not decided must be explained by a fault
//! that touched the trace, and a trace that no fault touched is judged exactly.
//!
//! A definite verdict that is right of what was delivered, and not of what happened, is counted by itself: loss that
//! nothing betrays.

use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::verdict::{Reason, Verdict};

use super::collector::Timeline;
use super::fault::{Fault, causes};
use super::figures::Figures;
use super::matter::Matter;
use super::record::{Record, Said};
use super::sight::Sight;
use crate::oracle::{Answer, Reading, Trace, beyond_identity};
use crate::trial::OBLIGATION_CAP;

pub struct Judge<'r> {
    rules: &'r [Arc<Rule>],
    readings: Vec<Reading<'r>>,
}

/// What a verdict is held against, as far as it was asked for.
struct Answers {
    /// Of what was known, if it was all there is; only where the trace may be complete.
    closed: Option<Answer>,
    /// Of what was known, if more may come; only where it may be incomplete.
    open: Option<Answer>,
}

impl<'r> Judge<'r> {
    #[must_use]
    pub fn new(rules: &'r [Arc<Rule>]) -> Judge<'r> {
        Judge {
            rules,
            readings: rules.iter().map(|rule| Reading::of(rule)).collect(),
        }
    }

    /// Judges all that was said of a trace.
    pub fn judge(&self, record: &Record, timeline: &Timeline, figures: &mut Figures) {
        record
            .faults
            .each()
            .for_each(|fault| figures.touched[fault as usize] += 1);
        figures.untouched += u64::from(record.faults.is_empty());
        let Some((first, _)) = record.came.first() else {
            figures.never_came += 1;
            if let Some(said) = record.said.first() {
                figures.wrong(record.serial, Some(said.rule), said.at, "said of nothing");
            }
            return;
        };
        let sight = Sight::of(record, timeline, *first);
        let matter = Matter::of(record, sight);
        if matter.sight.closes.is_none() && matter.sight.is_gone() {
            figures.forgotten += 1;
        }
        if matter.sight.is_taken_for_old {
            figures.taken_for_old += 1;
        }
        let mut said: Vec<&Said> = record.said.iter().collect();
        said.sort_by_key(|said| said.rule);
        let mut from = 0;
        for rule in 0..self.rules.len() as u16 {
            let many = said[from..].partition_point(|said| said.rule == rule);
            let of_rule = &said[from..from + many];
            from += many;
            let wrong = self.of_rule(&matter, rule, of_rule, figures);
            if let Err((at, what)) = wrong {
                figures.wrong(record.serial, Some(rule), at, what);
            }
        }
    }

    fn of_rule(
        &self,
        matter: &Matter<'_>,
        rule: u16,
        said: &[&Said],
        figures: &mut Figures,
    ) -> Result<(), (u64, String)> {
        let sight = &matter.sight;
        let Some(first) = said.first() else {
            let is_due = sight.was_there(rule) && !sight.is_gone();
            let last = matter.record.latest();
            return if is_due {
                Err((last, "nothing was said".to_owned()))
            } else {
                Ok(())
            };
        };
        figures.judged += 1;
        let violations = said.iter().filter(|one| one.verdict == Verdict::Violated);
        let is_violated = violations.clone().next().is_some();
        let close = said.iter().find(|one| one.is_of_a_close());
        let closes = sight.closes.unwrap_or(u64::MAX);
        let answers = self.answers(matter, rule, close.map_or(closes, |one| one.at));
        let mut unseen = false;
        for one in violations {
            unseen |= self
                .violation(matter, rule, one, &answers)
                .map_err(|what| (one.at, what))?;
        }
        let mut verdict = first.verdict;
        for one in said.iter().filter(|one| one.verdict != Verdict::Violated) {
            let wrong = |what: String| (one.at, what);
            if one.at > closes && !sight.may_close_again(one.at) {
                return Err(wrong(format!("a second verdict, {}", one.verdict.as_str())));
            }
            if one.at > closes {
                self.verdict_again(matter, rule, one, figures)
                    .map_err(wrong)?;
                continue;
            }
            unseen |= self
                .verdict(matter, rule, one, &answers, figures)
                .map_err(wrong)?;
            verdict = one.verdict;
        }
        if is_violated {
            verdict = Verdict::Violated;
        }
        all_were_given(matter, said, &answers).map_err(|what| (first.at, what))?;
        let counted = &mut figures.rules[usize::from(rule)];
        counted.verdicts[verdict as usize] += 1;
        counted.unseen += u64::from(unseen);
        if verdict != Verdict::Inconclusive
            && let Some(spans) = &matter.true_times
        {
            let truly = self.readings[usize::from(rule)].answer(&Trace::of(spans));
            counted.by_clock += u64::from(!unseen && truly.verdict != verdict);
        }
        Ok(())
    }

    /// What could be said of the trace at its close.
    fn answers(&self, matter: &Matter<'_>, rule: u16, at: u64) -> Answers {
        let sight = &matter.sight;
        let reading = &self.readings[usize::from(rule)];
        let (may_be_complete, may_be_incomplete) = sight.completeness(rule, at);
        let is_all = sight.is_exact();
        let closed = may_be_complete.then(|| match is_all {
            true => reading.answer(&matter.whole),
            false => reading.answer(&matter.known(at).0),
        });
        let open = || reading.answer(&matter.known(at).1);
        Answers {
            closed,
            open: may_be_incomplete.then(open),
        }
    }

    /// Of all that came by then, whatever was forgotten of it; more may come.
    fn of_all_that_came(&self, matter: &Matter<'_>, rule: u16, at: u64) -> Answer {
        self.readings[usize::from(rule)].answer(&matter.came(at).1)
    }

    fn truth(&self, matter: &Matter<'_>, rule: u16) -> Answer {
        self.readings[usize::from(rule)].answer(&matter.whole)
    }

    /// A violation; true: it is one of loss that nothing betrays.
    fn violation(
        &self,
        matter: &Matter<'_>,
        rule: u16,
        said: &Said,
        answers: &Answers,
    ) -> Result<bool, String> {
        let has = |answer: &Answer| gives(answer, self.beyond(matter, rule), said.identity);
        let rests_on_absence = said.complete && answers.closed.as_ref().is_some_and(has);
        if rests_on_absence && matter.sight.is_exact() {
            return Ok(false);
        }
        // With a copy that differs, what came first may be what another one of the two saw.
        let is_settled = !matter.record.faults.has(Fault::DifferingCopy);
        // Of an exact trace what was known is all that happened.
        let exact = answers.closed.as_ref().filter(|_| matter.sight.is_exact());
        let truly = exact.map_or_else(|| has(&self.truth(matter, rule)), has);
        if has(&self.of_all_that_came(matter, rule, said.at)) {
            return match truly || !is_settled {
                true => Ok(false),
                false => Err("a violation that rests on presence and did not happen".to_owned()),
            };
        }
        if !rests_on_absence {
            return Err("a violation that nothing delivered gives".to_owned());
        }
        match truly {
            true => Ok(false),
            false if matter.is_explained() => Ok(true),
            false => Err("a violation that did not happen, and no fault explains".to_owned()),
        }
    }

    fn beyond(&self, matter: &Matter<'_>, rule: u16) -> [u8; 16] {
        beyond_identity(&self.rules[usize::from(rule)], matter.record.spans[0].trace)
    }

    /// A verdict that is no violation; true: it is one of loss that nothing betrays.
    fn verdict(
        &self,
        matter: &Matter<'_>,
        rule: u16,
        said: &Said,
        answers: &Answers,
        figures: &mut Figures,
    ) -> Result<bool, String> {
        let sight = &matter.sight;
        let is = |answer: &Option<Answer>| {
            answer
                .as_ref()
                .is_some_and(|answer| answer.verdict == said.verdict)
        };
        if let (Verdict::Inconclusive, Some(reason)) = (said.verdict, said.reason) {
            let is_undecided = is(&answers.closed) || is(&answers.open) || sight.is_loose(rule);
            if !is_undecided {
                return Err(format!(
                    "inconclusive({}), and it is decided",
                    reason.as_str()
                ));
            }
            return self
                .explain(matter, rule, said, reason, figures)
                .map(|()| false);
        }
        let is_by_closed = is(&answers.closed);
        if is_by_closed && sight.is_exact() {
            return Ok(false);
        }
        let truth = self.truth(matter, rule).verdict;
        let is_settled = !matter.record.faults.has(Fault::DifferingCopy);
        let rests_on_presence = is(&answers.open)
            || self.of_all_that_came(matter, rule, said.at).verdict == said.verdict;
        if rests_on_presence {
            return match truth == said.verdict || !is_settled {
                true => Ok(false),
                false => Err(format!(
                    "{} rests on presence, and truly it is {}",
                    said.verdict.as_str(),
                    truth.as_str()
                )),
            };
        }
        if !is_by_closed {
            let wanted = |answer: &Option<Answer>| answer.as_ref().map(|one| one.verdict.as_str());
            let (closed, open) = (wanted(&answers.closed), wanted(&answers.open));
            return Err(format!(
                "{}; of what was delivered {closed:?} if complete, {open:?} if not",
                said.verdict.as_str()
            ));
        }
        if !sight.was_quiet(said.at) {
            return Err(format!(
                "{} before the idle time was over",
                said.verdict.as_str()
            ));
        }
        match truth == said.verdict {
            true => Ok(false),
            false if matter.is_explained() => Ok(true),
            false => Err(format!(
                "{} and truly {}",
                said.verdict.as_str(),
                truth.as_str()
            )),
        }
    }

    /// After a crash, or of a trace that came again, a verdict may be given once more: by less than was known.
    fn verdict_again(
        &self,
        matter: &Matter<'_>,
        rule: u16,
        said: &Said,
        figures: &mut Figures,
    ) -> Result<(), String> {
        if let (Verdict::Inconclusive, Some(reason)) = (said.verdict, said.reason) {
            return self.explain(matter, rule, said, reason, figures);
        }
        let of_all = self.of_all_that_came(matter, rule, said.at).verdict;
        match of_all == said.verdict || self.truth(matter, rule).verdict == said.verdict {
            true => Ok(()),
            false => Err(format!("once more, and then {}", said.verdict.as_str())),
        }
    }

    fn explain(
        &self,
        matter: &Matter<'_>,
        rule: u16,
        said: &Said,
        reason: Reason,
        figures: &mut Figures,
    ) -> Result<(), String> {
        let faults = matter
            .record
            .faults
            .with(matter.sight.befell(rule, said.at));
        if reason == Reason::Late && matter.sight.is_taken_for_old {
            return Ok(());
        }
        match faults.first_of(causes(reason)) {
            Some(fault) => {
                figures.explain(reason, fault);
                Ok(())
            }
            None => Err(format!(
                "inconclusive({}) that no fault explains",
                reason.as_str()
            )),
        }
    }
}

fn gives(answer: &Answer, beyond: [u8; 16], identity: [u8; 16]) -> bool {
    let is_beyond = identity == beyond && answer.broken.len() > OBLIGATION_CAP;
    is_beyond
        || answer
            .broken
            .iter()
            .any(|broken| broken.identity == identity)
}

/// Of a trace of which all is known, every broken obligation was told.
fn all_were_given(matter: &Matter<'_>, said: &[&Said], answers: &Answers) -> Result<(), String> {
    let Some(closed) = answers.closed.as_ref().filter(|_| matter.sight.is_exact()) else {
        return Ok(());
    };
    let was_given = |identity: [u8; 16]| said.iter().any(|one| one.identity == identity);
    let told = closed
        .broken
        .iter()
        .filter(|broken| was_given(broken.identity))
        .count();
    if told < closed.broken.len().min(OBLIGATION_CAP) {
        let all = closed.broken.len();
        return Err(format!("{told} of {all} broken obligations were told"));
    }
    Ok(())
}
