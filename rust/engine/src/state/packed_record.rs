//! A record as it lies in its trace's [block](crate::state::block).

use crate::state::seen::Parents;
use crate::state::texts::TextId;
use crate::time::EventTime;

/// A record as it lies in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedRecord {
    pub start: EventTime,
    pub end: EventTime,
    /// Among the spans of its trace.
    pub span: u32,
    pub name: TextId,
    pub service: TextId,
    /// How much refers to it; of a free place, the next one that is free.
    pub refs: u32,
    /// All zero: none. Not kept here where the parents of all spans are.
    pub parent: [u8; 8],
}

/// What it takes at most, and without the parent; and where in it stands how much refers to it.
pub(crate) const RECORD_BYTES: usize = 40;
pub(super) const ORPHAN_BYTES: usize = 32;
pub(super) const REFS: std::ops::Range<usize> = 28..32;

/// What a record takes in a trace of which such parents are kept.
#[inline(always)]
pub(super) fn record_stride(parents: Parents) -> usize {
    if parents.are_of_all() {
        ORPHAN_BYTES
    } else {
        RECORD_BYTES
    }
}

impl PackedRecord {
    #[inline]
    pub fn packed(&self) -> [u8; RECORD_BYTES] {
        let mut packed = [0; RECORD_BYTES];
        let numbers = [self.span, self.name.0, self.service.0, self.refs];
        packed[..8].copy_from_slice(&self.start.0.to_le_bytes());
        packed[8..16].copy_from_slice(&self.end.0.to_le_bytes());
        for (place, number) in packed[16..32].chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        packed[32..].copy_from_slice(&self.parent);
        packed
    }

    /// With or without its parent.
    #[inline(always)]
    pub fn unpacked(packed: &[u8]) -> PackedRecord {
        let (words, _) = packed.as_chunks::<8>();
        let word = |at: usize| words.get(at).copied().unwrap_or([0; 8]);
        let [start, end, first, second] = [0, 1, 2, 3].map(|at| u64::from_le_bytes(word(at)));
        PackedRecord {
            start: EventTime(start),
            end: EventTime(end),
            span: first as u32,
            name: TextId((first >> 32) as u32),
            service: TextId(second as u32),
            refs: (second >> 32) as u32,
            parent: word(4),
        }
    }
}
