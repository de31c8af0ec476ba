//! The records that hang on a cell, in chains of links that lie in their trace's [block](crate::state::block).
//!
//! A chain is closed: the last link, which is what a cell knows of it, names the first.

use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::record_id::RecordId;

/// What a link takes of it.
pub(crate) const LINK_BYTES: usize = 8;

/// A record that hangs on a cell, and the next one.
#[derive(Clone, Copy)]
struct Link {
    record: RecordId,
    certain: bool,
    next: u32,
}

impl Link {
    fn packed(self) -> [u8; LINK_BYTES] {
        let record = self.record.0 << 1 | u32::from(self.certain);
        (u64::from(record) << 32 | u64::from(self.next)).to_le_bytes()
    }

    /// There are fewer than 2^31 records.
    fn unpacked(packed: [u8; LINK_BYTES]) -> Link {
        let packed = u64::from_le_bytes(packed);
        let record = (packed >> 32) as u32;
        Link {
            record: RecordId(record >> 1),
            certain: record & 1 == 1,
            next: packed as u32,
        }
    }
}

/// What hangs in a chain, over and over again.
#[derive(Clone, Copy)]
pub(super) struct Chain<'t> {
    links: &'t [[u8; LINK_BYTES]],
    at: u32,
}

impl Chain<'_> {
    /// From the first on of those whose last one is known.
    pub fn behind(links: &[[u8; LINK_BYTES]], last: u32) -> Chain<'_> {
        let first = links.get(last as usize).map(|last| Link::unpacked(*last));
        Chain {
            links,
            at: first.map_or(0, |link| link.next),
        }
    }
}

impl Iterator for Chain<'_> {
    type Item = (RecordId, bool);

    #[inline]
    fn next(&mut self) -> Option<(RecordId, bool)> {
        let link = Link::unpacked(*self.links.get(self.at as usize)?);
        self.at = link.next;
        Some((link.record, link.certain))
    }
}

/// A new link behind the last one, or that begins a chain; and what the last one is then.
fn behind(
    links: &[[u8; LINK_BYTES]],
    last: Option<u32>,
    record: RecordId,
    certain: bool,
) -> (Link, Option<(usize, Link)>) {
    let at = links.len() as u32;
    let before = last.and_then(|last| Some((last, Link::unpacked(*links.get(last as usize)?))));
    let link = Link {
        record,
        certain,
        next: before.map_or(at, |(_, before)| before.next),
    };
    let before = before.map(|(place, before)| (place as usize, Link { next: at, ..before }));
    (link, before)
}

/// Adds a link behind the last one, or begins a chain; returns its place.
pub(super) fn append(
    block: &mut Block,
    pool: &mut BlockPool,
    last: Option<u32>,
    record: RecordId,
    certain: bool,
) -> u32 {
    let (link, before) = behind(block.elements(List::Links), last, record, certain);
    let at = block.push(pool, List::Links, link.packed());
    if let Some((place, before)) = before {
        block.elements_mut(List::Links)[place] = before.packed();
    }
    at as u32
}

/// Likewise, of links that lie by themselves.
pub(super) fn append_to(
    links: &mut Vec<[u8; LINK_BYTES]>,
    last: Option<u32>,
    record: RecordId,
    certain: bool,
) -> u32 {
    let (link, before) = behind(links, last, record, certain);
    let at = links.len() as u32;
    links.push(link.packed());
    if let Some((place, before)) = before {
        links[place] = before.packed();
    }
    at
}
