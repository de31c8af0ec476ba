//! What a trace calls its [records](crate::state::record) by.

use serde::{Deserialize, Serialize};

/// A record's place among those of its trace.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub(crate) struct RecordId(pub(super) u32);

impl RecordId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// In place of a record's number: there is none.
pub(super) const NO_RECORD: u32 = u32::MAX;

/// As it lies in a list, where there may be none.
#[inline(always)]
pub(super) fn packed_id(id: Option<RecordId>) -> u32 {
    id.map_or(NO_RECORD, |id| id.0)
}

#[inline(always)]
pub(super) fn unpacked_id(id: u32) -> Option<RecordId> {
    (id != NO_RECORD).then_some(RecordId(id))
}
