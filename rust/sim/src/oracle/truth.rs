//! What is known of a condition while spans may still come: true, false, or open with the reasons why.

use betrace_lang::verdict::Reason;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    Open(Reasons),
}

/// A set of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Reasons(u16);

impl Reasons {
    pub const SKEW: Reasons = Reasons(1 << Reason::Skew as u16);

    #[must_use]
    pub fn of(reasons: &[Reason]) -> Reasons {
        let bit = |reason: &Reason| 1 << *reason as u16;
        Reasons(reasons.iter().map(bit).fold(0, |set, bit: u16| set | bit))
    }

    #[must_use]
    pub fn with(self, other: Reasons) -> Reasons {
        Reasons(self.0 | other.0)
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn has(self, reason: Reason) -> bool {
        self.0 & 1 << reason as u16 != 0
    }

    /// The first that applies, in the order of [`Reason::PRECEDENCE`].
    #[must_use]
    pub fn first(self) -> Option<Reason> {
        Reason::PRECEDENCE
            .into_iter()
            .find(|reason| self.has(*reason))
    }
}

impl Truth {
    pub const SKEW: Truth = Truth::Open(Reasons::SKEW);
    pub const ORPHAN: Truth = Truth::Open(Reasons(1 << Reason::Orphan as u16));

    #[must_use]
    pub fn known(truth: bool) -> Truth {
        if truth { Truth::True } else { Truth::False }
    }

    /// What comes behind a false part is not asked.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Truth>) -> Truth {
        let mut all = Truth::True;
        for part in parts {
            all = all.and(part);
            if all == Truth::False {
                break;
            }
        }
        all
    }

    /// What comes behind a true part is not asked.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Truth>) -> Truth {
        Truth::all(parts.into_iter().map(Truth::not)).not()
    }

    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, truth) | (truth, Truth::True) => truth,
            (Truth::Open(a), Truth::Open(b)) => Truth::Open(a.with(b)),
        }
    }

    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        self.not().and(other.not()).not()
    }

    #[must_use]
    #[allow(
        clippy::should_implement_trait,
        reason = "the language's own `not`, in the language's words"
    )]
    pub fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Open(reasons) => Truth::Open(reasons),
        }
    }

    #[must_use]
    pub fn reasons(self) -> Reasons {
        match self {
            Truth::Open(reasons) => reasons,
            _ => Reasons::default(),
        }
    }
}
