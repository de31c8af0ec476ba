//! How long a thread was busy, which other work on the machine does not change.

use std::time::{Duration, Instant};

/// Time on the processor where the system tells it, else by the clock on the wall.
pub struct Clock(Instant, Option<Duration>);

impl Clock {
    pub fn start() -> Clock {
        Clock(Instant::now(), Self::busy())
    }

    fn busy() -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    }

    /// Since the start, and of which time these seconds are.
    pub fn seconds(&self) -> (f64, &'static str) {
        match Self::busy().zip(self.1) {
            Some((now, then)) => ((now - then).as_secs_f64(), "processor time"),
            None => (self.0.elapsed().as_secs_f64(), "time on the wall"),
        }
    }
}
