//! The records of a trace as they are stored. The order and the types of what stands here are part of the format of a
//! snapshot.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::hash::HashKey;
use crate::id::SpanId;
use crate::intern::FieldKey;
use crate::state::block_pool::BlockPool;
use crate::state::kept::{Kept, NOTHING, Projection, fields_of, renumber_fields};
use crate::state::named::NamedTrace;
use crate::state::packed_record::PackedRecord;
use crate::state::record_id::{RecordId, unpacked_id};
use crate::state::seen::SeenSpan;
use crate::state::texts::TextId;
use crate::state::trace::TraceState;
use crate::time::{EventTime, Timestamp};

/// A text among a trace's, by its number.
type TextNumber = u32;

#[derive(Debug, Serialize, Deserialize)]
struct StoredRecord {
    span_id: SpanId,
    parent: [u8; 8],
    start: EventTime,
    end: EventTime,
    twin: u32,
    name: TextNumber,
    service: TextNumber,
    /// Not read: counted anew.
    refs: u32,
    projection: u32,
}

/// In place of a span's number: of a free place.
const NO_SPAN: u32 = u32::MAX;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredRecords {
    records: Vec<StoredRecord>,
    free: Vec<RecordId>,
    projections: Vec<Projection>,
    projection_bytes: usize,
    texts: StoredTexts,
}

/// Texts one behind the other.
#[derive(Debug, Default, Serialize, Deserialize)]
struct StoredTexts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl StoredRecord {
    fn span(&self) -> SeenSpan {
        SeenSpan {
            id: self.span_id,
            parent: self.parent,
            twin: self.twin,
            digest: 0,
        }
    }
}

impl StoredRecords {
    pub fn of(named: NamedTrace<'_>) -> StoredRecords {
        let records = named.trace.records();
        let mut texts = StoredTexts::default();
        let mut numbers: HashMap<u32, TextNumber> = HashMap::new();
        let mut number = |id: TextId| {
            *numbers.entry(id.0).or_insert_with(|| {
                texts.bytes.extend_from_slice(named.texts.get(id));
                texts.ends.push(texts.bytes.len() as u32);
                texts.ends.len() as TextNumber - 1
            })
        };
        let mut free = Vec::new();
        let mut next = unpacked_id(records.block.free_record);
        while let Some(id) = next {
            free.push(id);
            next = unpacked_id(records.packed(id).refs);
        }
        free.reverse();
        let none = Kept::default();
        let kept = records.kept.unwrap_or(&none);
        let record = |(index, record): (usize, PackedRecord)| StoredRecord {
            span_id: records.seen.span(record.span).id,
            parent: records.parent(record),
            start: record.start,
            end: record.end,
            twin: records.seen.span(record.span).twin,
            name: number(record.name),
            service: number(record.service),
            refs: record.refs,
            projection: kept.place(index).map_or(NOTHING, |at| at as u32),
        };
        let mut stored: Vec<StoredRecord> = records.all().enumerate().map(record).collect();
        for id in &free {
            stored[id.index()].refs = 0;
        }
        StoredRecords {
            records: stored,
            free,
            projections: kept.projections.clone(),
            projection_bytes: kept.projection_bytes,
            texts,
        }
    }

    pub fn has(&self, id: RecordId) -> bool {
        id.index() < self.records.len()
    }

    /// Whether every reference within is in bounds.
    pub fn is_sound(&self) -> bool {
        let mut free = vec![false; self.records.len()];
        let texts = self.texts.ends.len();
        let has_text = |number: TextNumber| (number as usize) < texts;
        self.records.len() < (u32::MAX / 2) as usize
            // A place that were free twice would be given to two spans.
            && self.free.iter().all(|id| {
                let place = free.get_mut(id.index());
                place.is_some_and(|place| !std::mem::replace(place, true))
            })
            && self.records.iter().all(|record| {
                let projection = record.projection;
                (projection == NOTHING || (projection as usize) < self.projections.len())
                    && has_text(record.name)
                    && has_text(record.service)
            })
            && self.texts.is_sound()
    }

    /// Adds them to a trace whose spans are there; nothing refers to them yet. `number`: what a kept field is called here;
    /// those that get none are dropped.
    pub fn restore(
        mut self,
        trace: &mut TraceState,
        mut arrived: Vec<Timestamp>,
        (number, key): (impl Fn(FieldKey) -> Option<FieldKey>, HashKey),
        pool: &mut BlockPool,
    ) {
        renumber_fields(&mut self.projections, number);
        arrived.truncate(self.records.len());
        let mut spans = vec![NO_SPAN; self.records.len()];
        let mut is_free = vec![false; self.records.len()];
        for id in &self.free {
            is_free[id.index()] = true;
        }
        for ((stored, span), _) in self
            .records
            .iter()
            .zip(&mut spans)
            .zip(is_free)
            .filter(|(_, is_free)| !is_free)
        {
            let known = trace.seen().place(key, stored.span_id, stored.twin);
            let mut seen = trace.seen_mut(pool);
            // Of a record the span came, whatever the list of those says.
            *span = known.unwrap_or_else(|| seen.add(key, stored.span()));
        }
        let mut records = trace.records_mut(pool);
        let texts: Vec<&[u8]> = self.texts.all().collect();
        let text = |number: TextNumber| texts.get(number as usize).copied().unwrap_or(b"");
        for (stored, span) in self.records.iter().zip(spans) {
            let named = [stored.name, stored.service].map(text);
            let [name, service] = records.pool.texts.hold(key, named);
            records.push(&PackedRecord {
                start: stored.start,
                end: stored.end,
                span,
                name,
                service,
                refs: 0,
                parent: stored.parent,
            });
        }
        if !self.projections.is_empty() || !arrived.is_empty() {
            let of_record = self.records.iter().map(|record| record.projection);
            *records.kept_mut() =
                Kept::of(self.projections, self.projection_bytes, of_record, arrived);
        }
    }

    /// The fields that are kept of some record, repeated for each.
    pub fn fields(&self) -> impl Iterator<Item = FieldKey> {
        fields_of(&self.projections)
    }
}

impl StoredTexts {
    fn is_sound(&self) -> bool {
        self.ends.is_sorted() && self.ends.last().copied().unwrap_or(0) as usize == self.bytes.len()
    }

    fn all(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let spans = starts.zip(&self.ends);
        spans.map(|(start, end)| &self.bytes[*start as usize..*end as usize])
    }
}
