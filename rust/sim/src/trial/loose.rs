//! What is held of a rule that need not say all: it was added under a trace, or has more work there than it is granted.

use std::borrow::Cow;

use betrace_engine::Finding;
use betrace_lang::verdict::{Reason, Verdict};

use super::agree::{Watch, violations};
use super::expect::{Given, OBLIGATION_CAP, show, show_answer};
use crate::oracle::{Answer, Broken, Reasons, beyond_identity};

impl Watch<'_, '_> {
    /// Of a rule that was added when `before` spans had come: what it says is right, and what the later
    /// spans alone make certain it says.
    pub(super) fn about(
        &mut self,
        rule: usize,
        trace: usize,
        before: usize,
        is_closing: bool,
        said: &[&Finding],
    ) -> Result<(), String> {
        let (subject, reading) = (&self.trial.subjects[trace], &self.trial.readings[rule]);
        let progress = &mut self.progress[trace];
        let all = progress.open(subject, reading, rule);
        let all = all.unwrap_or_else(|| Cow::Owned(progress.open_since(subject, reading, 0)));
        // What nothing at all breaks shows nothing, and belongs to no trace.
        let shows = |broken: &&Broken| !broken.evidence.is_empty();
        let shown = |answer: &Answer| -> Given {
            let broken = answer.broken.iter().filter(shows);
            broken.map(|broken| broken.identity).collect()
        };
        let most = shown(&all);
        // Beyond the cap some stand for others; ancestors may have come before the rule, as may what it leaves out, and halves late.
        let is_loose = most.len() > OBLIGATION_CAP || subject.has_halves;
        let must_say = is_closing || self.script.early || progress.closed;
        let is_free = self.trial.reads_ancestry[rule] || self.trial.leaves_out[rule];
        let is_asked = must_say && !is_free && !is_loose;
        let since = is_asked.then(|| progress.open_since(subject, reading, before));
        let given = &mut progress.of_rule[rule].given;
        given.extend(violations(said));
        let is_short = since
            .as_ref()
            .is_some_and(|since| !given.is_superset(&shown(since)));
        let may_say = |one: &&Finding| match one.verdict {
            Verdict::Violated | Verdict::Inconclusive => true,
            definite => definite == all.verdict,
        };
        let is_right = given.is_subset(&most) && !is_short && said.iter().all(may_say);
        if !is_right && !is_loose {
            let since = since.map_or_else(String::new, |since| show_answer(&since));
            let (said, all) = (show(said), show_answer(&all));
            return Err(format!(
                "added after {before} spans, engine: {said}\noracle, of all: {all}\nof the rest: {since}"
            ));
        }
        self.tally.count(self.trial.law, 1);
        self.tally
            .count("said by a rule that was added", said.len());
        Ok(())
    }

    /// Of a trace whose rules may be more work than it is granted, where not all was said: what was is right, and what was not
    /// found out is open for that reason. `causes` where it closes.
    pub(super) fn cut(
        &mut self,
        rule: usize,
        trace: usize,
        causes: Option<Reasons>,
        said: &[&Finding],
    ) -> Result<(), String> {
        let (subject, reading) = (&self.trial.subjects[trace], &self.trial.readings[rule]);
        let of = &self.trial.rules[rule];
        let progress = &mut self.progress[trace];
        let was_there = progress.of_rule[rule].before.is_none();
        let is_complete = was_there && causes.is_some_and(|causes| causes.is_empty());
        let answer = if is_complete {
            progress.closed(subject, reading, rule)
        } else {
            let open = progress.open(subject, reading, rule);
            open.unwrap_or_else(|| Cow::Owned(progress.open_since(subject, reading, 0)))
        };
        let for_all = beyond_identity(of, subject.id());
        let is_right = |one: &&Finding| match one.verdict {
            Verdict::Violated => {
                let id = one.violation_id.0;
                answer.broken.iter().any(|broken| broken.identity == id)
                    || answer.broken.len() > OBLIGATION_CAP && id == for_all
            }
            Verdict::Inconclusive if is_complete && answer.verdict != Verdict::Inconclusive => {
                one.reason == Some(Reason::StateCap)
            }
            Verdict::Inconclusive => true,
            definite => definite == answer.verdict,
        };
        let given = &mut progress.of_rule[rule].given;
        let is_told = causes.is_none() || !self.script.verdicts || !given.is_empty();
        // Ancestors may come late where two spans share an id.
        let is_loose = subject.has_halves && self.trial.reads_ancestry[rule];
        if !is_loose && !(said.iter().all(is_right) && (is_told || !said.is_empty())) {
            let (said, answer) = (show(said), show_answer(&answer));
            return Err(format!("within its work, engine: {said}\noracle: {answer}"));
        }
        given.extend(violations(said));
        self.counted[rule].is_cut = true;
        self.tally.count("left open for its work", 1);
        Ok(())
    }
}
