//! Records: the few spans of a trace that its rules name, point at, or compare with one another. A span
//! has at most one record, shared by all cells that refer to it, so two records are two spans.
//!
//! They lie in their trace's [block](crate::state::block) and are read by value: a record names its span among those that were
//! [seen](crate::state::seen), which has the ids, and its [texts](crate::state::texts), which all traces share. What few rules
//! ask for is [kept](crate::state::kept) apart.

use crate::hash::HashKey;
use crate::id::SpanId;
use crate::state::apart::SetApart;
use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::kept::{Kept, Projection};
use crate::state::packed_record::{ORPHAN_BYTES, PackedRecord, REFS, record_stride};
use crate::state::record_id::{RecordId, unpacked_id};
use crate::state::seen::{Parents, Seen};
use crate::state::texts::TextId;
use crate::time::{EventTime, Timestamp};
use crate::value::Value;

/// A record, with what its span's ids are.
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
}

impl Record {
    #[inline(always)]
    fn of(packed: PackedRecord, seen: Seen<'_>) -> Record {
        let span = seen.span(packed.span);
        Record {
            span_id: span.id,
            parent: if seen.has_structure() {
                span.parent
            } else {
                packed.parent
            },
            start: packed.start,
            end: packed.end,
            twin: span.twin,
            name: packed.name,
            service: packed.service,
        }
    }

    pub fn parent(&self) -> Option<SpanId> {
        (self.parent != [0; 8]).then_some(SpanId(self.parent))
    }

    /// Times that can be compared: neither is zero, and the end is not before the start.
    pub fn has_order(&self) -> bool {
        self.start.0 != 0 && self.end >= self.start
    }

    /// How long its span took.
    pub fn duration(&self) -> Value<'static> {
        Value::Duration(self.has_order().then(|| self.end.since(self.start)))
    }

    pub fn rank(&self) -> Rank {
        (self.start, self.span_id, self.twin)
    }
}

/// The order of spans in a trace: by start, then by id.
pub(crate) type Rank = (EventTime, SpanId, u32);

/// What a record is made from.
pub(crate) struct NewRecord<'a> {
    /// Among the spans of its trace.
    pub span: u32,
    pub parent: [u8; 8],
    pub start: EventTime,
    pub end: EventTime,
    pub name: &'a [u8],
    pub service: &'a [u8],
    pub key: HashKey,
    /// When the span came, if some rule asks.
    pub arrived: Option<Timestamp>,
}

/// All records of one trace.
#[derive(Clone, Copy)]
pub(crate) struct Records<'t> {
    pub(super) block: &'t Block,
    pub(super) seen: Seen<'t>,
    pub(super) kept: Option<&'t Kept>,
}

impl<'t> Records<'t> {
    #[inline(always)]
    pub fn get(self, id: RecordId) -> Record {
        Record::of(self.packed(id), self.seen)
    }

    #[inline(always)]
    pub(super) fn packed(self, id: RecordId) -> PackedRecord {
        let stride = record_stride(self.seen.parents);
        let begin = id.index() * stride;
        PackedRecord::unpacked(&self.block.list(List::Records)[begin..begin + stride])
    }

    pub(super) fn parent(self, record: PackedRecord) -> [u8; 8] {
        Record::of(record, self.seen).parent
    }

    /// Whether a rank comes before that of a record.
    #[inline(always)]
    pub(super) fn precedes(self, rank: Rank, id: RecordId) -> bool {
        let start = self.packed(id).start;
        // Most spans begin at a time of their own.
        rank.0 < start || rank.0 == start && rank < self.get(id).rank()
    }

    pub fn projection(self, id: RecordId) -> Option<&'t Projection> {
        self.kept?.projection(id.index())
    }

    /// When the record's span came; `None` where no rule asked then.
    pub fn arrived(self, id: RecordId) -> Option<Timestamp> {
        self.kept?.arrived(id.index())
    }

    /// Every place, free ones included.
    pub(super) fn all(self) -> impl Iterator<Item = PackedRecord> {
        let stride = record_stride(self.seen.parents);
        let records = self.block.list(List::Records).chunks_exact(stride);
        records.map(PackedRecord::unpacked)
    }
}

/// The records of one trace, to be changed.
pub(super) struct RecordsMut<'t> {
    pub block: &'t mut Block,
    pub pool: &'t mut BlockPool,
    pub apart: &'t mut Option<Box<SetApart>>,
    pub parents: Parents,
}

impl RecordsMut<'_> {
    /// Adds a record to which nothing refers yet.
    #[inline(always)]
    pub fn add(&mut self, new: NewRecord<'_>) -> RecordId {
        let texts = &mut self.pool.texts;
        let [name, service] = texts.hold(new.key, [new.name, new.service]);
        let record = PackedRecord {
            start: new.start,
            end: new.end,
            span: new.span,
            name,
            service,
            refs: 0,
            parent: new.parent,
        };
        let id = match unpacked_id(self.block.free_record) {
            Some(id) => {
                self.block.free_record = self.get(id).refs;
                self.set(id, &record);
                id
            }
            None => self.push(&record),
        };
        if new.arrived.is_some() {
            self.kept_mut().note_arrival(id.index(), new.arrived);
        } else if let Some(kept) = self.kept() {
            kept.note_arrival(id.index(), None);
        }
        id
    }

    /// Adds a place behind all others.
    pub fn push(&mut self, record: &PackedRecord) -> RecordId {
        let packed = record.packed();
        let at = if self.parents.are_of_all() {
            let (packed, _) = packed.as_chunks::<ORPHAN_BYTES>();
            self.block.push(self.pool, List::Records, packed[0])
        } else {
            self.block.push(self.pool, List::Records, packed)
        };
        RecordId(at as u32)
    }

    /// A record's bytes.
    fn bytes(&mut self, id: RecordId) -> &mut [u8] {
        let stride = record_stride(self.parents);
        let begin = id.index() * stride;
        &mut self.block.list_mut(List::Records)[begin..begin + stride]
    }

    fn get(&mut self, id: RecordId) -> PackedRecord {
        PackedRecord::unpacked(self.bytes(id))
    }

    fn set(&mut self, id: RecordId, record: &PackedRecord) {
        let place = self.bytes(id);
        let len = place.len();
        place.copy_from_slice(&record.packed()[..len]);
    }

    fn kept(&mut self) -> Option<&mut Kept> {
        self.apart.as_mut()?.kept.as_deref_mut()
    }

    pub fn kept_mut(&mut self) -> &mut Kept {
        let apart = self.apart.get_or_insert_default();
        apart.kept.get_or_insert_default()
    }

    /// Lets `fill` add values to what is kept of the record's span; it says what they take.
    pub fn project(
        &mut self,
        id: RecordId,
        values: usize,
        fill: impl FnOnce(&mut Projection) -> usize,
    ) {
        self.kept_mut().project(id.index(), values, fill);
    }

    /// How much refers to a record, as it lies in the block: all that most spans change of it.
    fn refs(&mut self, id: RecordId) -> Option<&mut [u8; 4]> {
        self.bytes(id).get_mut(REFS)?.first_chunk_mut()
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
        if self.refs(id).is_some_and(|refs| *refs == [0; 4]) {
            self.free_place(id);
            if let Some(kept) = self.kept() {
                kept.clear(id.index());
            }
        }
    }

    /// Gives back the places of all records to which nothing refers, of which none is given back yet.
    pub fn drop_all_unheld(&mut self) {
        let count = self.block.list(List::Records).len() / record_stride(self.parents);
        // The first of them is taken first.
        (0..count as u32)
            .rev()
            .for_each(|at| self.drop_unheld(RecordId(at)));
    }

    /// No record names a text any more: their trace goes.
    pub fn release_texts(&mut self) {
        let stride = record_stride(self.parents);
        for record in self.block.list(List::Records).chunks_exact(stride) {
            let record = PackedRecord::unpacked(record);
            self.pool.texts.release(record.name);
            self.pool.texts.release(record.service);
        }
    }

    /// The next record that is added takes this place.
    fn free_place(&mut self, id: RecordId) {
        let mut record = self.get(id);
        self.pool
            .texts
            .release(std::mem::replace(&mut record.name, TextId::NONE));
        self.pool
            .texts
            .release(std::mem::replace(&mut record.service, TextId::NONE));
        record.refs = std::mem::replace(&mut self.block.free_record, id.0);
        self.set(id, &record);
    }
}

#[cfg(test)]
mod tests;
