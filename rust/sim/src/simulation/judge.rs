//! The two oracles. Of what rests on presence: it agrees with what truly happened, whatever was delivered. Of what rests
//! on absence: it agrees with what was delivered before the close. What is not decided must be explained by a fault
//! that touched the trace, and a trace that no fault touched is judged exactly.
//!
//! A definite verdict that is right of what was delivered, and not of what happened, is counted by itself: loss that
//! nothing betrays.

use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::verdict::{Reason, Verdict};

use super::answers::Answers;
use super::fault::causes;
use super::figures::Figures;
use super::matter::{Matter, righted};
use super::record::{Record, Said};
use super::sight::Sight;
use super::timeline::Timeline;
use crate::oracle::{Answer, Reading, beyond_identity};
use crate::trial::OBLIGATION_CAP;

pub struct Judge<'r> {
    rules: &'r [Arc<Rule>],
    readings: Vec<Reading<'r>>,
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
        let righted = righted(record);
        let matter = Matter::of(record, sight, righted.as_deref());
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
        let reading = &self.readings[usize::from(rule)];
        let answers = Answers::of(reading, matter, rule, close.map_or(closes, |one| one.at));
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
                self.verdict_again(matter, rule, one, &answers, figures)
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
        all_were_given(matter, rule, said, &answers).map_err(|what| (first.at, what))?;
        let counted = &mut figures.rules[usize::from(rule)];
        counted.verdicts[verdict as usize] += 1;
        counted.unseen += u64::from(unseen);
        if verdict != Verdict::Inconclusive
            && let Some(true_times) = &matter.true_times
        {
            let truly = reading.answer(true_times);
            counted.by_clock += u64::from(!unseen && truly.verdict != verdict);
        }
        Ok(())
    }

    /// A violation; true: it is one of loss that nothing betrays.
    fn violation(
        &self,
        matter: &Matter<'_>,
        rule: u16,
        said: &Said,
        answers: &Answers<'_, '_>,
    ) -> Result<bool, String> {
        let has = |answer: &Answer| self.gives(answer, matter, rule, said.identity);
        let rests_on_absence = said.complete && answers.closed().is_some_and(has);
        if rests_on_absence && matter.sight.is_exact(rule) {
            return Ok(false);
        }
        let truly = has(answers.truth());
        // Whatever it rests on.
        if rests_on_absence && truly {
            return Ok(false);
        }
        if answers.rests_on_presence(said.at, has) {
            return match truly || !matter.is_settled() {
                true => Ok(false),
                false => Err("a violation that rests on presence and did not happen".to_owned()),
            };
        }
        if !rests_on_absence {
            return Err("a violation that nothing delivered gives".to_owned());
        }
        match matter.is_explained() {
            true => Ok(true),
            false => Err("a violation that did not happen, and no fault explains".to_owned()),
        }
    }

    /// Whether the violation is one of the answer's, or stands for those beyond the cap.
    fn gives(&self, answer: &Answer, matter: &Matter<'_>, rule: u16, identity: [u8; 16]) -> bool {
        let mut broken = answer.broken.iter();
        let is_beyond = || {
            let trace = matter.record.spans[0].trace;
            identity == beyond_identity(&self.rules[usize::from(rule)], trace)
        };
        broken.any(|broken| broken.identity == identity)
            || answer.broken.len() > OBLIGATION_CAP && is_beyond()
    }

    /// A verdict that is no violation; true: it is one of loss that nothing betrays.
    fn verdict(
        &self,
        matter: &Matter<'_>,
        rule: u16,
        said: &Said,
        answers: &Answers<'_, '_>,
        figures: &mut Figures,
    ) -> Result<bool, String> {
        let sight = &matter.sight;
        let is_said = |answer: &Answer| answer.verdict == said.verdict;
        if let (Verdict::Inconclusive, Some(reason)) = (said.verdict, said.reason) {
            let is_undecided = sight.is_loose(rule)
                || answers.closed().is_some_and(is_said)
                || answers.open().is_some_and(is_said);
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
        let is_by_closed = answers.closed().is_some_and(is_said);
        if is_by_closed && sight.is_exact(rule) {
            return Ok(false);
        }
        let truth = answers.truth().verdict;
        // Whatever it rests on.
        if is_by_closed && truth == said.verdict && sight.was_quiet(said.at) {
            return Ok(false);
        }
        if answers.open().is_some_and(is_said) || answers.rests_on_presence(said.at, is_said) {
            return match truth == said.verdict || !matter.is_settled() {
                true => Ok(false),
                false => Err(format!(
                    "{} rests on presence, and truly it is {}",
                    said.verdict.as_str(),
                    truth.as_str()
                )),
            };
        }
        if !is_by_closed {
            let wanted = |answer: Option<&Answer>| answer.map(|one| one.verdict.as_str());
            let (closed, open) = (wanted(answers.closed()), wanted(answers.open()));
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
        answers: &Answers<'_, '_>,
        figures: &mut Figures,
    ) -> Result<(), String> {
        if let (Verdict::Inconclusive, Some(reason)) = (said.verdict, said.reason) {
            return self.explain(matter, rule, said, reason, figures);
        }
        let is_said = |answer: &Answer| answer.verdict == said.verdict;
        match is_said(answers.truth()) || answers.rests_on_presence(said.at, is_said) {
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

/// Of a trace of which all is known, every broken obligation was told by a rule that was there.
fn all_were_given(
    matter: &Matter<'_>,
    rule: u16,
    said: &[&Said],
    answers: &Answers<'_, '_>,
) -> Result<(), String> {
    if !matter.sight.is_exact(rule) {
        return Ok(());
    }
    let Some(closed) = answers.closed() else {
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
