//! Windows of time that follow one another without a gap or an overlap.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::time::EventTime;

/// How long a window is, and when it begins: aligned to the epoch. The first to end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub start: u64,
    pub length: u64,
}

impl Window {
    /// The one in which something was.
    pub fn at(length: u64, time: EventTime) -> Window {
        let start = time.0 - time.0 % length.max(1);
        Window { start, length }
    }

    /// Its last moment.
    pub fn last(self) -> u64 {
        self.start.saturating_add(self.length.saturating_sub(1))
    }

    /// The moment after that; the last of all times has none.
    pub fn end(self) -> u64 {
        self.start.saturating_add(self.length)
    }
}

impl Ord for Window {
    fn cmp(&self, other: &Window) -> Ordering {
        let order = |window: &Window| (window.end(), window.length, window.start);
        order(self).cmp(&order(other))
    }
}

impl PartialOrd for Window {
    fn partial_cmp(&self, other: &Window) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_in_the_order_in_which_they_end() {
        let window = |start, length| Window { start, length };
        assert!(window(50, 10) < window(0, 100));
        assert!(window(90, 10) < window(0, 100));
        assert!(window(0, 100) < window(100, 10));
    }
}
