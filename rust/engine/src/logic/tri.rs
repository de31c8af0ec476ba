//! What can be said of a condition while spans may still come: true, false, or open, and why.
//!
//! `True` and `False` are final: no later span changes them. Logic is Kleene's, with open as the third
//! value; the reasons of what is open travel along, so that an inconclusive verdict can name one.

use betrace_lang::rule::Completeness;
use betrace_lang::verdict::Reason;
use serde::{Deserialize, Serialize};

/// A set of [`Reason`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reasons(u16);

impl Reasons {
    pub const NONE: Reasons = Reasons(0);

    #[inline(always)]
    pub fn of(reason: Reason) -> Reasons {
        Reasons(1 << (reason as u16))
    }

    #[must_use]
    #[inline(always)]
    pub fn with(self, other: Reasons) -> Reasons {
        Reasons(self.0 | other.0)
    }

    #[inline(always)]
    pub fn add(&mut self, reason: Reason) {
        self.0 |= Reasons::of(reason).0;
    }

    #[must_use]
    #[inline(always)]
    pub fn without(self, reason: Reason) -> Reasons {
        Reasons(self.0 & !Reasons::of(reason).0)
    }

    /// No other than this one.
    #[must_use]
    pub fn only(self, reason: Reason) -> Reasons {
        Reasons(self.0 & Reasons::of(reason).0)
    }

    #[inline(always)]
    pub fn has(self, reason: Reason) -> bool {
        self.0 & Reasons::of(reason).0 != 0
    }

    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Without what is missing and not asked for.
    #[must_use]
    #[inline(always)]
    pub fn asked_for(self, asked: Completeness) -> Reasons {
        match asked {
            Completeness::Linked => self,
            Completeness::Root => self.without(Reason::Orphan),
            Completeness::Idle => self.without(Reason::Orphan).without(Reason::NoRoot),
        }
    }

    /// The one to report.
    pub fn first(self) -> Option<Reason> {
        Reason::PRECEDENCE
            .into_iter()
            .find(|reason| self.0 & Reasons::of(*reason).0 != 0)
    }
}

/// The value of a condition in the open world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tri {
    False,
    True,
    Open(Reasons),
}

impl Tri {
    pub fn of(value: bool) -> Tri {
        if value { Tri::True } else { Tri::False }
    }

    #[must_use]
    pub fn and(self, other: Tri) -> Tri {
        match (self, other) {
            (Tri::False, _) | (_, Tri::False) => Tri::False,
            (Tri::True, value) | (value, Tri::True) => value,
            (Tri::Open(a), Tri::Open(b)) => Tri::Open(a.with(b)),
        }
    }

    #[must_use]
    pub fn or(self, other: Tri) -> Tri {
        self.negate().and(other.negate()).negate()
    }

    #[must_use]
    pub fn negate(self) -> Tri {
        match self {
            Tri::False => Tri::True,
            Tri::True => Tri::False,
            Tri::Open(reasons) => Tri::Open(reasons),
        }
    }

    /// The reasons, where it is open.
    pub fn reasons(self) -> Reasons {
        match self {
            Tri::Open(reasons) => reasons,
            _ => Reasons::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logic_is_kleenes_and_keeps_reasons_of_what_is_open() {
        let skew = Tri::Open(Reasons::of(Reason::Skew));
        let late = Tri::Open(Reasons::of(Reason::Late));
        assert_eq!(skew.and(Tri::False), Tri::False);
        assert_eq!(skew.or(Tri::True), Tri::True);
        assert_eq!(skew.and(Tri::True), skew);
        assert_eq!(skew.or(late).reasons().first(), Some(Reason::Skew));
        assert_eq!(Tri::True.and(Tri::False), Tri::False);
        assert_eq!(skew.negate(), skew);
        assert_eq!(Tri::True.negate(), Tri::False);
    }

    #[test]
    fn the_first_reason_in_order_is_reported() {
        let mut reasons = Reasons::of(Reason::Late);
        reasons.add(Reason::Orphan);
        assert_eq!(reasons.first(), Some(Reason::Orphan));
        // A trace that ran into max_age most often lacks its root too, since that ends last.
        reasons.add(Reason::NoRoot);
        reasons.add(Reason::Evicted);
        assert_eq!(reasons.first(), Some(Reason::Evicted));
        assert_eq!(Reasons::NONE.first(), None);
    }
}
