//! The two clocks, as two types, so that no line compares one with the other by accident.
//!
//! A [`Timestamp`] is when the engine heard of something: the caller's clock, which decides when traces close.
//! An [`EventTime`] is what a span reports of itself, and is believed as reported. Both are Unix time in
//! nanoseconds, and they meet in few places only: in how long after its latest span a trace was decided, in whether a
//! trace began before the engine did or before traces moved between engines, and where the caller's clock is that of the
//! spans.

use serde::{Deserialize, Serialize};

/// Unix time in nanoseconds, given by the caller. An engine's time never goes back: an earlier
/// timestamp counts as the latest one it has seen.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct Timestamp(pub u64);

impl Timestamp {
    #[must_use]
    pub(crate) fn plus(self, nanos: u64) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos))
    }

    /// Nanoseconds since `earlier`; 0 if that is later.
    pub(crate) fn since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Nanoseconds since a span said that something was.
    pub(crate) fn since_event(self, event: EventTime) -> u64 {
        self.0.saturating_sub(event.0)
    }

    /// Whether a span said that something was before this.
    pub(crate) fn is_after(self, event: EventTime) -> bool {
        event.0 < self.0
    }

    /// Whether a span said that something was in the `nanos` before this.
    pub(crate) fn is_shortly_after(self, event: EventTime, nanos: u64) -> bool {
        (self.0.saturating_sub(nanos)..self.0).contains(&event.0)
    }
}

/// Unix time in nanoseconds, as a span reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EventTime(pub u64);

impl EventTime {
    pub const FIRST: EventTime = EventTime(0);
    pub const LAST: EventTime = EventTime(u64::MAX);

    /// `None`: a span that names no time says zero.
    pub fn named(self) -> Option<EventTime> {
        (self.0 != 0).then_some(self)
    }

    /// Nanoseconds since `earlier`; 0 if that is later.
    pub fn since(self, earlier: EventTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The last moment at which a span that starts now is under way: the one before its end, and its start where it has no
    /// length. Told by this and not by the moment after it, which the last of all times does not have.
    pub fn under_way_until(self, end: EventTime) -> EventTime {
        self.max(EventTime(end.0.saturating_sub(1)))
    }
}

/// The earliest time of those that spans named. Kept one lower than it is: so zero, by which a span names none, is above
/// all others, and the last of all times is still one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Earliest(u64);

impl Earliest {
    /// Of no time.
    pub const NONE: Earliest = Earliest(u64::MAX);

    #[inline(always)]
    pub fn add(&mut self, time: EventTime) {
        self.0 = self.0.min(time.0.wrapping_sub(1));
    }

    #[inline(always)]
    pub fn get(self) -> Option<EventTime> {
        EventTime(self.0.wrapping_add(1)).named()
    }

    /// Whether it is before `time`, which is none where that is zero.
    #[inline(always)]
    pub fn is_before(self, time: EventTime) -> bool {
        self.0 < time.0.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_time_is_one_that_was_named() {
        let earliest = |times: &[u64]| {
            let mut earliest = Earliest::NONE;
            times.iter().for_each(|time| earliest.add(EventTime(*time)));
            earliest
        };
        let told = |times: &[u64]| earliest(times).get().map(|time| time.0);
        assert_eq!((told(&[]), told(&[0, 0])), (None, None));
        assert_eq!(told(&[0, 7, 3, 0, 5]), Some(3));
        assert_eq!(told(&[u64::MAX, 0]), Some(u64::MAX));
        assert_eq!(told(&[u64::MAX, 1]), Some(1));
        for (times, time, is_before) in [
            (&[][..], u64::MAX, false),
            (&[3], 0, false),
            (&[3], 3, false),
            (&[3], 4, true),
            (&[u64::MAX], u64::MAX, false),
            (&[u64::MAX - 1], u64::MAX, true),
        ] {
            let said = earliest(times).is_before(EventTime(time));
            assert_eq!(said, is_before, "{times:?} {time}");
        }
    }
}
