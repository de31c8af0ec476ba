//! How much state there was at most, so that the end of a flood is noticed.

use std::sync::atomic::Ordering;

use crate::sync::AtomicU64;

/// Less than so many bytes are not worth an allocator's trouble. No more, as few that stand apart keep many times their own
/// from going: the last 400 kB of a flood of ids kept 3 MB.
const MUCH: u64 = 256 << 10;

/// In bytes.
#[derive(Debug, Default)]
pub(crate) struct Held {
    now: AtomicU64,
    /// Since much of it went.
    most: AtomicU64,
}

impl Held {
    pub fn note(&self, bytes: u64) {
        self.now.store(bytes, Ordering::Relaxed);
        self.most.fetch_max(bytes, Ordering::Relaxed);
    }

    /// Whether half of the most that there was went, and that is much; then it begins anew.
    pub fn take_freed(&self) -> bool {
        let now = self.now.load(Ordering::Relaxed);
        let most = self.most.load(Ordering::Relaxed);
        let is_much = most.saturating_sub(now) >= MUCH.max(most / 2);
        if is_much {
            self.most.store(now, Ordering::Relaxed);
        }
        is_much
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_is_told_once_when_it_is_half_and_much() {
        let held = Held::default();
        assert!(!held.take_freed());
        for (bytes, is_much) in [
            (8 * MUCH, false),
            (4 * MUCH + 1, false),
            (4 * MUCH, true),
            (4 * MUCH, false),
            (2 * MUCH, true),
            (MUCH, true),
            (1, false),
            (0, true),
            (0, false),
        ] {
            held.note(bytes);
            assert_eq!(held.take_freed(), is_much, "{bytes}");
        }
    }
}
