//! Records: the few spans of a trace that its rules name, point at, or compare with one another. A span
//! has at most one record, shared by all cells that refer to it, so two records are two spans.
//!
//! They lie in their trace's [block](crate::state::block) with the texts that they name, and are read by value. What
//! few rules ask for is [kept](crate::state::kept) apart.

use serde::{Deserialize, Serialize};

use crate::id::SpanId;
use crate::state::block::{Block, BlockPool, List};
use crate::state::kept::{Kept, Projection};
use crate::time::{EventTime, Timestamp};

/// A record in its trace's [`Records`].
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

/// A text in its trace's [`Records`]: where it ends among the others, its length behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextId(pub(super) u32);

/// Longer names are cut where they are shown; selection is not concerned.
pub(crate) const NAME_BYTES: usize = 256;

/// What a text takes besides itself.
const LENGTH_BYTES: usize = 2;

/// How many of the latest texts are searched for an equal one.
const SEARCHED: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub span_id: SpanId,
    /// All zero: none.
    pub(super) parent: [u8; 8],
    pub start: EventTime,
    pub end: EventTime,
    /// Tells apart the spans that share a span id (by kind and service).
    pub twin: u32,
    pub name: TextId,
    pub service: TextId,
    /// How much refers to it; of a free place, the next one that is free.
    pub(super) refs: u32,
}

/// A record as it lies in a block, and the last of it.
pub(crate) const RECORD_BYTES: usize = 48;
const REFS_BYTES: usize = 4;

impl Record {
    pub fn parent(&self) -> Option<SpanId> {
        (self.parent != [0; 8]).then_some(SpanId(self.parent))
    }

    /// Times that can be compared: neither is zero, and the end is not before the start.
    pub fn has_order(&self) -> bool {
        self.start.0 != 0 && self.end >= self.start
    }

    pub fn rank(&self) -> Rank {
        (self.start, self.span_id, self.twin)
    }

    fn packed(&self) -> [u8; RECORD_BYTES] {
        let mut packed = [0; RECORD_BYTES];
        let numbers = [self.twin, self.name.0, self.service.0, self.refs];
        packed[..8].copy_from_slice(&self.span_id.0);
        packed[8..16].copy_from_slice(&self.parent);
        packed[16..24].copy_from_slice(&self.start.0.to_le_bytes());
        packed[24..32].copy_from_slice(&self.end.0.to_le_bytes());
        for (place, number) in packed[32..].chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        packed
    }

    #[inline]
    fn unpacked(packed: &[u8; RECORD_BYTES]) -> Record {
        let ([span_id, parent, start, end, ..], _) = packed.as_chunks::<8>() else {
            unreachable!("48 bytes are six times eight");
        };
        let (_, numbers) = packed.split_at(32);
        let ([twin, name, service, refs], _) = numbers.as_chunks::<4>() else {
            unreachable!("16 bytes are four times four");
        };
        Record {
            span_id: SpanId(*span_id),
            parent: *parent,
            start: EventTime(u64::from_le_bytes(*start)),
            end: EventTime(u64::from_le_bytes(*end)),
            twin: u32::from_le_bytes(*twin),
            name: TextId(u32::from_le_bytes(*name)),
            service: TextId(u32::from_le_bytes(*service)),
            refs: u32::from_le_bytes(*refs),
        }
    }
}

/// The order of spans in a trace: by start, then by id.
pub(crate) type Rank = (EventTime, SpanId, u32);

/// What a record is made from.
pub(crate) struct NewRecord<'a> {
    pub span_id: SpanId,
    pub parent: Option<SpanId>,
    pub start: EventTime,
    pub end: EventTime,
    pub twin: u32,
    pub name: &'a [u8],
    pub service: &'a [u8],
    /// When the span came, if some rule asks.
    pub arrived: Option<Timestamp>,
}

/// All records of one trace, with their texts.
#[derive(Clone, Copy)]
pub(crate) struct Records<'t> {
    pub(super) block: &'t Block,
    pub(super) kept: Option<&'t Kept>,
}

impl<'t> Records<'t> {
    #[inline]
    pub fn get(self, id: RecordId) -> Record {
        Record::unpacked(&self.block.elements(List::Records)[id.index()])
    }

    pub fn text(self, id: TextId) -> &'t [u8] {
        let texts = self.block.list(List::Texts);
        text_to(texts, id.0 as usize).0
    }

    pub fn projection(self, id: RecordId) -> Option<&'t Projection> {
        self.kept?.projection(id.index())
    }

    /// When the record's span came; `None` where no rule asked then.
    pub fn arrived(self, id: RecordId) -> Option<Timestamp> {
        self.kept?.arrived(id.index())
    }

    /// Every place, free ones included.
    pub(super) fn all(self) -> impl Iterator<Item = Record> {
        let records = self.block.elements(List::Records);
        records.iter().map(Record::unpacked)
    }

    /// Every text with its number, in the order of their coming.
    pub(super) fn texts(self) -> Vec<(TextId, &'t [u8])> {
        let texts = self.block.list(List::Texts);
        let mut found = Vec::new();
        let mut end = texts.len();
        while end > 0 {
            let (text, before) = text_to(texts, end);
            found.push((TextId(end as u32), text));
            end = before;
        }
        found.reverse();
        found
    }
}

/// The text that ends at `end`, its length included, and where the one before it does.
fn text_to(texts: &[u8], end: usize) -> (&[u8], usize) {
    let Some((rest, length)) = texts[..end].split_last_chunk::<LENGTH_BYTES>() else {
        return (&[], 0);
    };
    let (before, text) = rest.split_at(rest.len() - usize::from(u16::from_le_bytes(*length)));
    (text, before.len())
}

/// The records of one trace, to be changed.
pub(super) struct RecordsMut<'t> {
    pub block: &'t mut Block,
    pub pool: &'t mut BlockPool,
    pub kept: &'t mut Option<Box<Kept>>,
    /// The first free place, as [`packed_id`].
    pub free: &'t mut u32,
}

impl RecordsMut<'_> {
    /// Adds a record to which nothing refers yet.
    pub fn add(&mut self, new: NewRecord<'_>) -> RecordId {
        let record = Record {
            span_id: new.span_id,
            parent: new.parent.map_or([0; 8], |parent| parent.0),
            start: new.start,
            end: new.end,
            twin: new.twin,
            name: self.intern(new.name),
            service: self.intern(new.service),
            refs: 0,
        };
        let id = match unpacked_id(*self.free) {
            Some(id) => {
                *self.free = self.get(id).refs;
                self.set(id, &record);
                id
            }
            None => self.push(&record),
        };
        if new.arrived.is_some() {
            let kept = self.kept.get_or_insert_default();
            kept.note_arrival(id.index(), new.arrived);
        } else if let Some(kept) = self.kept {
            kept.note_arrival(id.index(), None);
        }
        id
    }

    /// Adds a place behind all others.
    pub fn push(&mut self, record: &Record) -> RecordId {
        let at = self.block.push(self.pool, List::Records, record.packed());
        RecordId(at as u32)
    }

    pub fn get(&self, id: RecordId) -> Record {
        Record::unpacked(&self.block.elements(List::Records)[id.index()])
    }

    fn set(&mut self, id: RecordId, record: &Record) {
        self.block.elements_mut(List::Records)[id.index()] = record.packed();
    }

    /// Lets `fill` add values to what is kept of the record's span.
    pub fn project(&mut self, id: RecordId, values: usize, fill: impl FnOnce(&mut Projection)) {
        let kept = self.kept.get_or_insert_default();
        kept.project(id.index(), values, fill);
    }

    /// How much refers to a record, as it lies in the block: all that most spans change of it.
    fn refs(&mut self, id: RecordId) -> Option<&mut [u8; REFS_BYTES]> {
        let record = &mut self.block.elements_mut::<RECORD_BYTES>(List::Records)[id.index()];
        record.last_chunk_mut()
    }

    pub fn hold(&mut self, id: RecordId) {
        if let Some(refs) = self.refs(id) {
            *refs = (u32::from_le_bytes(*refs) + 1).to_le_bytes();
        }
    }

    /// Gives the record's place back once nothing refers to it.
    pub fn release(&mut self, id: RecordId) {
        if let Some(refs) = self.refs(id) {
            *refs = u32::from_le_bytes(*refs).saturating_sub(1).to_le_bytes();
        }
        self.drop_unheld(id);
    }

    pub fn drop_unheld(&mut self, id: RecordId) {
        if self.refs(id).is_some_and(|refs| *refs == [0; REFS_BYTES]) {
            self.free_place(id);
            if let Some(kept) = self.kept {
                kept.clear(id.index());
            }
        }
    }

    /// The next record that is added takes this place.
    pub fn free_place(&mut self, id: RecordId) {
        let mut record = self.get(id);
        record.refs = std::mem::replace(self.free, id.0);
        self.set(id, &record);
    }

    fn intern(&mut self, text: &[u8]) -> TextId {
        let text = &text[..text.len().min(NAME_BYTES)];
        let texts = self.block.list(List::Texts);
        let mut end = texts.len();
        for _ in 0..SEARCHED {
            let Some(Some((rest, length))) = texts.get(..end).map(<[u8]>::split_last_chunk) else {
                break;
            };
            let length = usize::from(u16::from_le_bytes(*length));
            if length == text.len() && rest.ends_with(text) {
                return TextId(end as u32);
            }
            end = rest.len().saturating_sub(length);
        }
        self.push_text(text)
    }

    /// Adds a text behind all others, of at most [`NAME_BYTES`].
    pub fn push_text(&mut self, text: &[u8]) -> TextId {
        let at = self.block.list(List::Texts).len();
        // With its length in one piece, so that what stands behind it moves once.
        let mut piece = [0; NAME_BYTES + LENGTH_BYTES];
        let len = text.len().min(NAME_BYTES);
        piece[..len].copy_from_slice(&text[..len]);
        let end = len + LENGTH_BYTES;
        piece[len..end].copy_from_slice(&(len as u16).to_le_bytes());
        self.block.splice(self.pool, List::Texts, at, &piece[..end]);
        TextId((at + end) as u32)
    }
}

#[cfg(test)]
mod tests;
