//! An atomic number that the tools know for one: they let locked instructions of the processor pass, and take the plain ones to
//! which an ordinary store comes for a race. It orders nothing, as `Relaxed` does not, whatever order is asked for.

use std::ops::Deref;
use std::sync::atomic::{self, Ordering};

#[derive(Debug, Default)]
pub struct AtomicU64(atomic::AtomicU64);

impl AtomicU64 {
    pub const fn new(value: u64) -> AtomicU64 {
        AtomicU64(atomic::AtomicU64::new(value))
    }

    pub fn store(&self, value: u64, order: Ordering) {
        self.0.swap(value, order);
    }
}

/// All else is a locked instruction already, or reads.
impl Deref for AtomicU64 {
    type Target = atomic::AtomicU64;

    fn deref(&self) -> &atomic::AtomicU64 {
        &self.0
    }
}
