//! The time that a recording stands at: the latest span end seen so far.

use betrace_engine::Timestamp;

use crate::traces::latest_end;

/// With `follows` the time goes with the spans; otherwise it stands still, so that no trace closes
/// before the input ends.
pub struct Clock {
    follows: bool,
    latest: u64,
}

impl Clock {
    #[must_use]
    pub fn new(follows: bool) -> Clock {
        Clock { follows, latest: 0 }
    }

    /// The time once the batch has come.
    pub fn now(&mut self, otlp: &[u8]) -> Timestamp {
        if self.follows {
            self.latest = self.latest.max(latest_end(otlp));
        }
        self.latest()
    }

    #[must_use]
    pub fn latest(&self) -> Timestamp {
        Timestamp(self.latest)
    }
}
