//! How much work a trace may cause, all its rules together, whatever they ask and whatever it holds.
//!
//! Work is counted in steps: a look at one span, member or parent, some 8 ns. What does not depend on spans is
//! not counted. A trace's [`Allowance`] grows with its spans, so that work stays linear in what was sent; each
//! evaluation gets a [`Budget`] of it, and what it cannot find out within that is open with
//! [`Reason::StateCap`](betrace_lang::verdict::Reason::StateCap). So that one costly rule leaves something to those after
//! it, an evaluation gets at most half of what is left.
//!
//! Small traces may be costly too, and most are not: beyond its own share a trace takes from a [`Reserve`] that the
//! spans of all traces fill. A flood of small costly traces empties it and is left with its own shares.

use std::sync::atomic::Ordering;

use crate::sync::{AtomicU64, worked};

/// Steps for any trace, however small, and for each of its spans, at the close and for the early verdicts before it.
const OWN: u64 = 1 << 12;
const AT_CLOSE: u64 = 256;
const EARLY: u64 = 96;

/// So many further steps a trace may take from the reserve.
const LENT: u64 = 1 << 17;

/// What each span brings to the reserve, and what that holds at most: some 20 ms.
const BROUGHT: u64 = 64;
const RESERVE: u64 = 1 << 21;

/// An evaluation has at least so many steps, though others spent everything.
const LEAST: u64 = 1 << 7;

/// And at most so many, for a lock is held as long: some 6 ms, in which every tuple that may be looked at is.
const MOST: u64 = 3 << 18;

/// To say what broke a rule of which it was found out: as many once more, and no more than this, some 1 ms.
const TOLD: u64 = 1 << 17;

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
        worked(steps);
        self.work = self.work.saturating_add(steps as u64);
        self.work <= self.limit
    }

    /// Whether so many more could be.
    pub fn allows(self, steps: usize) -> bool {
        self.work.saturating_add(steps as u64) <= self.limit
    }

    #[inline(always)]
    pub fn is_spent(self) -> bool {
        self.work > self.limit
    }

    /// To say what was found out with this one.
    pub fn to_tell(self) -> Budget {
        Budget::of(self.limit.min(TOLD))
    }
}

/// Steps that traces take beyond their own share.
#[derive(Debug)]
pub(crate) struct Reserve {
    left: AtomicU64,
    is_shared: bool,
}

impl Reserve {
    /// Full. Where it is not shared, it stays full.
    pub fn new(is_shared: bool) -> Reserve {
        Reserve {
            left: AtomicU64::new(RESERVE),
            is_shared,
        }
    }

    /// So many spans came.
    pub fn fill(&self, spans: u64) {
        // Nearly always it is full, and stays with all cores that look at it.
        if self.left() == RESERVE {
            return;
        }
        let add = |left: u64| Some(left.saturating_add(BROUGHT * spans).min(RESERVE));
        // What it was before is of no use.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    fn spend(&self, steps: u64) {
        if self.is_shared && steps > 0 {
            let take = |left: u64| Some(left.saturating_sub(steps));
            let _ = self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        }
    }
}

/// What all rules of one trace may spend together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance<'r> {
    own: u64,
    lent: u64,
    pub taken: u64,
    reserve: &'r Reserve,
}

impl<'r> Allowance<'r> {
    /// For the close of a trace of so many spans.
    pub fn at_close(spans: usize, reserve: &'r Reserve) -> Allowance<'r> {
        Allowance {
            own: OWN + AT_CLOSE * spans as u64,
            lent: LENT.min(reserve.left()),
            taken: 0,
            reserve,
        }
    }

    /// For early verdicts on a trace that has so many spans by now, and for which so many steps were taken before.
    pub fn early(spans: usize, taken: u64, reserve: &'r Reserve) -> Allowance<'r> {
        let own = OWN + EARLY * spans as u64;
        let lent = LENT.saturating_sub(taken.saturating_sub(own));
        Allowance {
            own: own.saturating_sub(taken),
            lent: lent.min(reserve.left()),
            taken,
            reserve,
        }
    }

    fn left(&self) -> u64 {
        self.own + self.lent
    }

    pub fn is_used_up(&self) -> bool {
        self.left() == 0
    }

    /// What the next evaluation may spend.
    pub fn budget(&self) -> Budget {
        Budget::of((self.left() / 2).clamp(LEAST, MOST))
    }

    /// It spent so much.
    pub fn take(&mut self, steps: u64) {
        let beyond = steps.saturating_sub(self.own);
        self.reserve.spend(beyond.min(self.lent));
        self.own = self.own.saturating_sub(steps);
        self.lent = self.lent.saturating_sub(beyond);
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
        assert!(!budget.to_tell().is_spent());
    }

    #[test]
    fn what_is_told_has_steps_of_its_own_to_their_limit() {
        let mut small = Budget::of(TOLD - 1).to_tell();
        assert!(small.spend(TOLD as usize - 1) && !small.spend(1));
        let mut large = Budget::most().to_tell();
        assert!(large.spend(TOLD as usize) && !large.spend(1));
    }

    #[test]
    fn rules_that_spend_all_they_get_never_spend_more_than_the_trace_may() {
        for (spans, rules) in [(1, 10), (1, 100), (123, 1000), (20_000, 100)] {
            let reserve = Reserve::new(true);
            let mut allowance = Allowance::at_close(spans, &reserve);
            let mut spent = 0;
            for _ in 0..rules {
                let budget = allowance.budget();
                assert!((LEAST..=MOST).contains(&budget.limit));
                allowance.take(budget.limit);
                spent += budget.limit;
            }
            assert!(spent <= OWN + LENT + AT_CLOSE * spans as u64 + rules * LEAST);
            assert!(reserve.left() >= RESERVE - LENT);
        }
        let reserve = Reserve::new(true);
        assert!(!Allowance::early(0, OWN + LENT - 1, &reserve).is_used_up());
        assert!(Allowance::early(0, OWN + LENT, &reserve).is_used_up());
        assert!(!Allowance::early(1, OWN + LENT, &reserve).is_used_up());
    }

    #[test]
    fn a_flood_of_costly_traces_is_left_with_its_own_shares_until_spans_fill_the_reserve() {
        let spend = |reserve: &Reserve| {
            let mut allowance = Allowance::at_close(10, reserve);
            for _ in 0..30 {
                let steps = allowance.left() / 2;
                allowance.take(steps);
            }
            allowance.taken
        };
        let reserve = Reserve::new(true);
        let own = OWN + 10 * AT_CLOSE;
        assert!(spend(&reserve) > LENT);
        let all: u64 = (0..1000).map(|_| spend(&reserve)).sum();
        assert!(all <= 1000 * own + RESERVE);
        assert!(spend(&reserve) <= own);
        reserve.fill(100);
        assert!(spend(&reserve) > own + 100 * BROUGHT - 64);
        assert!(spend(&reserve) <= own + 64);
        reserve.fill(u64::MAX / BROUGHT);
        assert_eq!(reserve.left(), RESERVE);
        let endless = Reserve::new(false);
        assert!((0..1000).all(|_| spend(&endless) > LENT));
    }
}
