//! Which findings are printed.

use betrace_engine::{Finding, Report};
use betrace_lang::verdict::Verdict;

use crate::args::VerdictName;

pub struct Wanted {
    verdicts: Vec<Verdict>,
    /// Of the inconclusive ones only those where `when` held or is absent.
    is_default: bool,
}

impl Wanted {
    pub fn of(names: &[VerdictName]) -> Wanted {
        let mut verdicts = Vec::new();
        for name in names {
            match name {
                VerdictName::Violated => verdicts.push(Verdict::Violated),
                VerdictName::Satisfied => verdicts.push(Verdict::Satisfied),
                VerdictName::NotApplicable => verdicts.push(Verdict::NotApplicable),
                VerdictName::Inconclusive => verdicts.push(Verdict::Inconclusive),
                VerdictName::All => verdicts.extend(Verdict::ALL),
            }
        }
        let is_default = verdicts.is_empty();
        if is_default {
            verdicts = vec![Verdict::Violated, Verdict::Inconclusive];
        }
        Wanted {
            verdicts,
            is_default,
        }
    }

    pub fn has(&self, finding: &Finding) -> bool {
        self.verdicts.contains(&finding.verdict)
            && (!self.is_default || finding.verdict == Verdict::Violated || finding.when_held)
    }

    /// The least that the engine must report; violations always, because the summary tells when they were.
    pub fn report(&self) -> Report {
        if self.is_default {
            Report::Undecided
        } else if self.verdicts.iter().all(|v| *v == Verdict::Violated) {
            Report::Violations
        } else {
            Report::All
        }
    }
}
