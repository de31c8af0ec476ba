//! What the world leaves for a collector: all that reaches it, with its time, and the traces that it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::COLLECTORS;
use super::random::mix;
use super::record::{Record, SpanAt};
use super::weather::SECOND;

/// When the simulated time begins, in Unix nanoseconds.
pub const BEGIN: u64 = 1_800_000_000 * SECOND;

/// What reaches a collector.
#[derive(Clone, Debug)]
pub enum Act {
    Message(Vec<SpanAt>),
    /// Bytes of somebody who does not mean well.
    Bytes(Vec<u8>),
    Tick,
    /// What it stores now is what a crash goes back to.
    Store,
    Kill,
    Stop,
    Start,
    /// The rules from now on, by their numbers.
    Reload(Arc<Vec<bool>>),
    /// A flood begins that may fill its memory.
    Flood,
}

/// What the world leaves for a collector.
#[derive(Default)]
pub struct Mail {
    pub log: Vec<(u64, Act)>,
    pub records: BTreeMap<u64, Record>,
}

/// Which collector has the traces of that number.
#[must_use]
pub fn owner(serial: u64) -> usize {
    (mix(serial ^ 0x10ad_ba1a) % COLLECTORS as u64) as usize
}

/// The trace of that number, as long as it is not at rest.
pub fn record(mail: &mut [Mail], serial: u64) -> Option<&mut Record> {
    mail[owner(serial)].records.get_mut(&serial)
}
