//! The time, and the passing of it, which tests do not want to wait for.

use std::time::Duration;

pub trait Clock: Sync {
    /// Unix nanoseconds.
    fn now(&self) -> u64;
    fn pause(&self, length: Duration);
}
