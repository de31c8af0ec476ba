//! How much work a trace may cause, all its rules together, whatever they ask and whatever it holds.
//!
//! Work is counted in steps: a look at one span, member or parent, some 5 ns. What does not depend on spans is
//! not counted. A trace's [`Allowance`] grows with its spans, so that work stays linear in what was sent; each
//! evaluation gets a [`Budget`] of it, and what it cannot find out within that is open with
//! [`Reason::StateCap`](betrace_lang::verdict::Reason::StateCap). So that one costly rule leaves something to those after
//! it, an evaluation gets at most half of what is left.

/// Steps for any trace, however small: some half a millisecond.
const BASE: u64 = 1 << 17;

/// Further steps for each span, at the close and for the early verdicts before it: together some 13 µs, which is
/// 20 times what a span costs under a hundred ordinary rules.
const AT_CLOSE: u64 = 2048;
const EARLY: u64 = 512;

/// An evaluation has at least so many steps, though others spent everything.
const LEAST: u64 = 1 << 10;

/// And at most so many, for a lock may be held as long: some 5 ms.
const MOST: u64 = 1 << 20;

/// The steps of one evaluation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub work: u64,
    limit: u64,
}

impl Budget {
    pub const fn of(limit: u64) -> Budget {
        Budget { work: 0, limit }
    }

    /// As large as one may be.
    pub const fn most() -> Budget {
        Budget::of(MOST)
    }

    /// Whether `steps` more may be taken.
    pub fn spend(&mut self, steps: usize) -> bool {
        self.work = self.work.saturating_add(steps as u64);
        self.work <= self.limit
    }

    #[inline(always)]
    pub fn is_spent(self) -> bool {
        self.work > self.limit
    }

    /// The same steps once more.
    pub fn again(self) -> Budget {
        Budget::of(self.limit)
    }
}

/// What all rules of one trace may spend together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    left: u64,
    pub taken: u64,
}

impl Allowance {
    /// For the close of a trace of so many spans.
    pub fn at_close(spans: usize) -> Allowance {
        Allowance {
            left: BASE + AT_CLOSE * spans as u64,
            taken: 0,
        }
    }

    /// For early verdicts on a trace that has so many spans by now, and for which so many steps were taken before.
    pub fn early(spans: usize, taken: u64) -> Allowance {
        Allowance {
            left: (BASE + EARLY * spans as u64).saturating_sub(taken),
            taken,
        }
    }

    pub fn is_used_up(self) -> bool {
        self.left == 0
    }

    /// What the next evaluation may spend.
    pub fn budget(self) -> Budget {
        Budget::of((self.left / 2).clamp(LEAST, MOST))
    }

    /// It spent so much.
    pub fn take(&mut self, steps: u64) {
        self.left = self.left.saturating_sub(steps);
        self.taken += steps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_one_step_beyond_its_limit() {
        let mut budget = Budget::of(3);
        assert!(budget.spend(2) && budget.spend(1) && !budget.is_spent());
        assert!(!budget.spend(1) && budget.is_spent());
        assert!(!budget.again().is_spent());
    }

    #[test]
    fn rules_that_spend_all_they_get_never_spend_more_than_the_trace_may() {
        for (spans, rules) in [(1, 10), (1, 100), (123, 1000), (20_000, 100)] {
            let mut allowance = Allowance::at_close(spans);
            let mut spent = 0;
            for _ in 0..rules {
                let budget = allowance.budget();
                assert!((LEAST..=MOST).contains(&budget.limit));
                allowance.take(budget.limit);
                spent += budget.limit;
            }
            assert!(spent <= BASE + AT_CLOSE * spans as u64 + rules * LEAST);
        }
        assert!(!Allowance::early(0, BASE - 1).is_used_up());
        assert!(Allowance::early(0, BASE).is_used_up());
        assert!(!Allowance::early(1, BASE).is_used_up());
    }
}
