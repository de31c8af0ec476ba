//! Generated requests, messages written in every way that protobuf allows, and a plain reading of what prost
//! decodes to hold the cursor against.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

pub mod generate;
pub mod reading;
pub mod rewrite;
pub mod words;

/// A small generator for choices that need no shrinking (xorshift64*).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `bound`.
    pub fn roll(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    pub fn one_in(&mut self, bound: u64) -> bool {
        self.roll(bound) == 0
    }
}
