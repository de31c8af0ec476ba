//! What is so of a trace, or is not: a bit for each.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    Closed = 1,
    /// Some span has no order.
    Skewed = 2,
    /// Not all recorded spans are noted that it may [show](crate::state::shown).
    ShowsFew = 4,
    /// A span came after the close, and nobody asked yet what it contradicts.
    News = 8,
    /// Some span is a root.
    Rooted = 16,
    /// It stands among those that are open for nothing but what they await. Not stored.
    Waiting = 32,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags(u8);

impl Flags {
    #[inline(always)]
    pub fn has(self, flag: Flag) -> bool {
        self.0 & flag as u8 != 0
    }

    #[inline(always)]
    pub fn add(&mut self, flag: Flag) {
        self.0 |= flag as u8;
    }

    /// Whether it was there before.
    pub fn take(&mut self, flag: Flag) -> bool {
        let had = self.has(flag);
        self.0 &= !(flag as u8);
        had
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_by_itself() {
        let all = [
            Flag::Closed,
            Flag::Skewed,
            Flag::ShowsFew,
            Flag::News,
            Flag::Rooted,
            Flag::Waiting,
        ];
        for flag in all {
            let mut flags = Flags::default();
            flags.add(flag);
            assert_eq!(all.map(|one| flags.has(one)), all.map(|one| one == flag));
            assert!(flags.take(flag) && !flags.take(flag));
        }
    }
}
