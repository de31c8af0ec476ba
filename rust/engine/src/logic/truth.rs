//! What a condition on a span can be: true, false, unknown, or still open between them.

/// A non-empty set of the three truth values. One member is a definite answer; several mean that the answer
/// is not known yet (a span without order, a trace that is still open). Logic lifts over the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Truth(u8);

const F: u8 = 1;
const T: u8 = 2;
const U: u8 = 4;

impl Truth {
    pub const FALSE: Truth = Truth(F);
    pub const TRUE: Truth = Truth(T);
    /// Kleene's third value: missing or incomparable.
    pub const UNKNOWN: Truth = Truth(U);
    /// True or false, not known which.
    pub const OPEN: Truth = Truth(F | T);

    /// Proved: nothing but true.
    #[must_use]
    pub fn is_true(self) -> bool {
        self.0 == T
    }

    #[must_use]
    pub fn may_be_true(self) -> bool {
        self.0 & T != 0
    }

    #[must_use]
    pub fn may_be_false(self) -> bool {
        self.0 & F != 0
    }

    #[must_use]
    pub fn may_be_unknown(self) -> bool {
        self.0 & U != 0
    }

    /// Both sets together: one of the two, not known which.
    #[must_use]
    pub fn either(self, other: Truth) -> Truth {
        Truth(self.0 | other.0)
    }

    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        let false_part = (self.0 | other.0) & F;
        let true_part = self.0 & other.0 & T;
        let unknown_part = if (self.0 & U != 0 && other.0 & (T | U) != 0)
            || (other.0 & U != 0 && self.0 & T != 0)
        {
            U
        } else {
            0
        };
        Truth(false_part | true_part | unknown_part)
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
        Truth((self.0 & U) | ((self.0 & F) << 1) | ((self.0 & T) >> 1))
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::TRUE } else { Truth::FALSE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, PartialEq)]
    enum Kleene {
        F,
        T,
        U,
    }

    fn members(set: Truth) -> Vec<Kleene> {
        let mut out = Vec::new();
        if set.may_be_false() {
            out.push(Kleene::F);
        }
        if set.may_be_true() {
            out.push(Kleene::T);
        }
        if set.may_be_unknown() {
            out.push(Kleene::U);
        }
        out
    }

    fn set(members: impl Iterator<Item = Kleene>) -> Truth {
        Truth(members.fold(0, |bits, member| {
            bits | match member {
                Kleene::F => F,
                Kleene::T => T,
                Kleene::U => U,
            }
        }))
    }

    fn kleene_and(a: Kleene, b: Kleene) -> Kleene {
        match (a, b) {
            (Kleene::F, _) | (_, Kleene::F) => Kleene::F,
            (Kleene::T, Kleene::T) => Kleene::T,
            _ => Kleene::U,
        }
    }

    fn kleene_not(a: Kleene) -> Kleene {
        match a {
            Kleene::F => Kleene::T,
            Kleene::T => Kleene::F,
            Kleene::U => Kleene::U,
        }
    }

    #[test]
    fn logic_lifts_elementwise_over_every_pair_of_sets() {
        for a in (1..8).map(Truth) {
            assert_eq!(a.not(), set(members(a).into_iter().map(kleene_not)));
            for b in (1..8).map(Truth) {
                let pairs = || {
                    members(a)
                        .into_iter()
                        .flat_map(|x| members(b).into_iter().map(move |y| (x, y)))
                };
                assert_eq!(a.and(b), set(pairs().map(|(x, y)| kleene_and(x, y))));
                let or = |x, y| kleene_not(kleene_and(kleene_not(x), kleene_not(y)));
                assert_eq!(a.or(b), set(pairs().map(|(x, y)| or(x, y))));
            }
        }
    }
}
