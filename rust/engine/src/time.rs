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
