//! The records that hang on a cell, in chains of links that lie in their trace's [block](crate::state::block).

use crate::state::record::RecordId;

/// What a link takes of it.
pub(crate) const LINK_BYTES: usize = 8;

/// In place of a link's number: there is none.
pub(super) const END: u32 = u32::MAX;

/// A record that hangs on a cell, and the next one.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub record: RecordId,
    pub certain: bool,
    pub next: u32,
}

impl Link {
    pub fn packed(self) -> [u8; LINK_BYTES] {
        let record = self.record.0 << 1 | u32::from(self.certain);
        (u64::from(record) << 32 | u64::from(self.next)).to_le_bytes()
    }

    /// There are fewer than 2^31 records.
    pub fn unpacked(packed: [u8; LINK_BYTES]) -> Link {
        let packed = u64::from_le_bytes(packed);
        let record = (packed >> 32) as u32;
        Link {
            record: RecordId(record >> 1),
            certain: record & 1 == 1,
            next: packed as u32,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Chain<'t> {
    pub links: &'t [[u8; LINK_BYTES]],
    pub at: u32,
}

impl Iterator for Chain<'_> {
    type Item = (RecordId, bool);

    fn next(&mut self) -> Option<(RecordId, bool)> {
        let link = Link::unpacked(*self.links.get(self.at as usize)?);
        self.at = link.next;
        Some((link.record, link.certain))
    }
}
