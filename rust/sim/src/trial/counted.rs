//! What a script must have led to in numbers, and whether the engine counted it.

use betrace_engine::RuleStats;
use betrace_lang::verdict::Verdict;

use super::Trial;
use super::expect::Given;
use super::progress::{OfRule, Progress};
use crate::oracle::beyond_identity;

/// Of one rule: traces by verdict, and violations.
#[derive(Clone, Default)]
pub struct Counted {
    pub verdicts: [u64; 4],
    pub violations: u64,
    /// Of some trace it is not known what the engine found within its work.
    pub is_cut: bool,
    contradicted: u64,
    /// Whether a violation is contradicted hangs on what is not decided.
    may_be_contradicted: bool,
}

impl Counted {
    /// # Errors
    /// The first figure of the engine that is another.
    pub fn is_counted(&self, stats: &RuleStats) -> Result<(), String> {
        if self.is_cut {
            return Ok(());
        }
        let mut verdicts = [0; 4];
        verdicts[Verdict::Violated as usize] = stats.violated;
        verdicts[Verdict::Satisfied as usize] = stats.satisfied;
        verdicts[Verdict::NotApplicable as usize] = stats.not_applicable;
        verdicts[Verdict::Inconclusive as usize] = stats.inconclusive.iter().sum();
        if (verdicts, stats.violations) != (self.verdicts, self.violations) {
            return Err(format!(
                "the engine counted {verdicts:?} and {} violations, and must have {:?} and {}",
                stats.violations, self.verdicts, self.violations
            ));
        }
        let contradicted = stats.violations_contradicted;
        if !self.may_be_contradicted && contradicted != self.contradicted {
            return Err(format!(
                "the engine counted {contradicted} violations as contradicted, and must have {}",
                self.contradicted
            ));
        }
        Ok(())
    }
}

/// Counts, of the violations given at a complete close, those that are no longer there with what came since;
/// returns how many are new.
pub fn contradict(
    trial: &Trial<'_>,
    trace: usize,
    progress: &mut Progress,
    counted: &mut [Counted],
) -> usize {
    let subject = &trial.subjects[trace];
    let mut fresh = 0;
    for (rule, reading) in trial.readings.iter().enumerate() {
        let counted = &mut counted[rule];
        let of_rule = &progress.of_rule[rule];
        if of_rule.contradicted.is_none() || of_rule.given.is_empty() {
            continue;
        }
        let answer = progress.closed(subject, reading, rule);
        let is_undone = subject.has_halves && trial.reads_ancestry[rule];
        if is_undone || progress.over || answer.is_open {
            counted.may_be_contradicted = true;
            continue;
        }
        // The one that stands for all beyond the cap is of no obligation of its own.
        let (of, has_each) = (
            &trial.rules[rule],
            !trial.rules[rule].body.bindings.is_empty(),
        );
        let for_all = has_each.then(|| beyond_identity(of, subject.id()));
        let OfRule {
            given,
            contradicted,
            ..
        } = &mut progress.of_rule[rule];
        let mut known = contradicted.as_mut();
        for identity in given.iter().filter(|one| for_all != Some(**one)) {
            let is_there = answer.broken.iter().any(|one| one.identity == *identity);
            let is_new = |known: &mut Given| known.insert(*identity);
            if !is_there && known.as_deref_mut().is_some_and(is_new) {
                counted.contradicted += 1;
                fresh += 1;
            }
        }
    }
    fresh
}
