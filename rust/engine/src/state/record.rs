//! Records: the few spans of a trace that its rules name, point at, or compare with one another. A span
//! has at most one record, shared by all cells that refer to it, so two records are two spans.

use serde::{Deserialize, Serialize};

use crate::id::SpanId;
use crate::intern::FieldKey;
use crate::state::heap::heap;
use crate::time::{EventTime, Timestamp};
use crate::value::{OwnedValue, Value};

/// A record in its trace's [`Records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RecordId(u32);

impl RecordId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// A text in its trace's [`Records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TextId(u32);

/// Longer names are cut where they are shown; selection is not concerned.
pub(crate) const NAME_BYTES: usize = 256;

const NONE: u32 = u32::MAX;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub span_id: SpanId,
    /// All zero: none.
    parent: [u8; 8],
    pub start: EventTime,
    pub end: EventTime,
    /// Tells apart the spans that share a span id (by kind and service).
    pub twin: u32,
    pub name: TextId,
    pub service: TextId,
    refs: u32,
    projection: u32,
}

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
}

/// The order of spans in a trace: by start, then by id.
pub(crate) type Rank = (EventTime, SpanId, u32);

/// Values of those fields that some rule compares with other spans or prints.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Projection {
    values: Vec<(FieldKey, OwnedValue)>,
    /// A value was too long to keep: comparisons with it stay open.
    pub cut: bool,
}

/// A value longer than this is not kept for comparison; what hangs on it stays open.
pub(crate) const VALUE_BYTES: usize = 16 << 10;

impl Projection {
    pub fn kept(&self, field: FieldKey) -> Option<&OwnedValue> {
        let (_, value) = self.values.iter().find(|(key, _)| *key == field)?;
        Some(value)
    }

    pub fn value(&self, field: FieldKey) -> Option<Value<'_>> {
        self.kept(field).map(OwnedValue::as_value)
    }

    /// Keeps the value of a field that has none yet, if it is not too long.
    pub fn keep(&mut self, field: FieldKey, value: impl FnOnce() -> OwnedValue) {
        if self.kept(field).is_some() {
            return;
        }
        let value = value();
        if value.heap_bytes() > VALUE_BYTES {
            self.cut = true;
        } else {
            self.values.push((field, value));
        }
    }
}

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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Records {
    records: Vec<Record>,
    free: Vec<RecordId>,
    projections: Vec<Projection>,
    projection_bytes: usize,
    texts: Texts,
    /// By record, as far as some rule asked; 0: not known. Stored apart.
    #[serde(skip)]
    arrived: Vec<Timestamp>,
}

impl Records {
    pub fn get(&self, id: RecordId) -> &Record {
        &self.records[id.index()]
    }

    pub fn text(&self, id: TextId) -> &[u8] {
        self.texts.get(id)
    }

    pub fn projection(&self, id: RecordId) -> Option<&Projection> {
        self.projections
            .get(self.records[id.index()].projection as usize)
    }

    /// Adds a record to which nothing refers yet.
    pub fn add(&mut self, new: NewRecord<'_>) -> RecordId {
        let record = Record {
            span_id: new.span_id,
            parent: new.parent.map_or([0; 8], |parent| parent.0),
            start: new.start,
            end: new.end,
            twin: new.twin,
            name: self.texts.intern(new.name),
            service: self.texts.intern(new.service),
            refs: 0,
            projection: NONE,
        };
        let id = match self.free.pop() {
            Some(id) => {
                let place = &mut self.records[id.index()];
                // What was kept of the span before was given back; its place is used again.
                let projection = place.projection;
                *place = Record {
                    projection,
                    ..record
                };
                id
            }
            None => {
                self.records.push(record);
                RecordId((self.records.len() - 1) as u32)
            }
        };
        if new.arrived.is_some() || id.index() < self.arrived.len() {
            if self.arrived.len() <= id.index() {
                self.arrived.resize(self.records.len(), Timestamp(0));
            }
            self.arrived[id.index()] = new.arrived.unwrap_or(Timestamp(0));
        }
        id
    }

    /// When the record's span came; `None` where no rule asked then.
    pub fn arrived(&self, id: RecordId) -> Option<Timestamp> {
        let at = self.arrived.get(id.index()).copied();
        at.filter(|at| *at != Timestamp(0))
    }

    /// By record, as [`Records::restore_arrivals`] takes them.
    pub fn arrivals(&self) -> &[Timestamp] {
        &self.arrived
    }

    /// Of a value that was read from outside; those of no record are dropped.
    pub fn restore_arrivals(&mut self, mut arrived: Vec<Timestamp>) {
        arrived.truncate(self.records.len());
        self.arrived = arrived;
    }

    /// Lets `fill` add values to what is kept of the record's span.
    pub fn project(&mut self, id: RecordId, values: usize, fill: impl FnOnce(&mut Projection)) {
        let record = &mut self.records[id.index()];
        if record.projection == NONE {
            record.projection = self.projections.len() as u32;
            self.projections.push(Projection {
                values: Vec::with_capacity(values),
                cut: false,
            });
        }
        let projection = &mut self.projections[record.projection as usize];
        let before = projection_bytes(projection);
        fill(projection);
        self.projection_bytes += projection_bytes(projection).saturating_sub(before);
    }

    pub fn hold(&mut self, id: RecordId) {
        self.records[id.index()].refs += 1;
    }

    /// Gives the record's place back once nothing refers to it.
    pub fn release(&mut self, id: RecordId) {
        let record = &mut self.records[id.index()];
        record.refs = record.refs.saturating_sub(1);
        self.drop_unheld(id);
    }

    pub fn drop_unheld(&mut self, id: RecordId) {
        let record = &self.records[id.index()];
        if record.refs > 0 {
            return;
        }
        self.free.push(id);
        if let Some(projection) = self.projections.get_mut(record.projection as usize) {
            self.projection_bytes -= projection_bytes(projection).min(self.projection_bytes);
            *projection = Projection::default();
        }
    }

    pub fn heap_bytes(&self) -> usize {
        heap(self.records.capacity() * size_of::<Record>())
            + heap(self.free.capacity() * size_of::<RecordId>())
            + heap(self.projections.capacity() * size_of::<Projection>())
            + heap(self.arrived.capacity() * size_of::<Timestamp>())
            + self.projection_bytes
            + self.texts.heap_bytes()
    }

    /// Whether every reference within is in bounds, of a value that was read from outside.
    pub fn is_sound(&self) -> bool {
        self.free.iter().all(|id| self.has(*id))
            && self.records.iter().all(|record| {
                (record.projection == NONE || (record.projection as usize) < self.projections.len())
                    && self.texts.has(record.name)
                    && self.texts.has(record.service)
            })
            && self.texts.is_sound()
    }

    /// The fields that are kept of some record, repeated for each.
    pub fn fields(&self) -> impl Iterator<Item = FieldKey> {
        let values = self.projections.iter().flat_map(|one| &one.values);
        values.map(|(key, _)| *key)
    }

    /// Gives the kept fields other numbers; those that get none are dropped.
    pub fn renumber_fields(&mut self, number: impl Fn(FieldKey) -> Option<FieldKey>) {
        for projection in &mut self.projections {
            projection.values.retain_mut(|(key, _)| match number(*key) {
                Some(new) => {
                    *key = new;
                    true
                }
                None => false,
            });
        }
    }

    pub fn has(&self, id: RecordId) -> bool {
        id.index() < self.records.len()
    }
}

fn projection_bytes(projection: &Projection) -> usize {
    heap(projection.values.capacity() * size_of::<(FieldKey, OwnedValue)>())
        + projection
            .values
            .iter()
            .map(|(_, value)| heap(value.heap_bytes()))
            .sum::<usize>()
}

/// Texts one behind the other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// How many of the latest texts are searched for an equal one.
const SEARCHED: usize = 16;

impl Texts {
    fn get(&self, id: TextId) -> &[u8] {
        let id = id.0 as usize;
        let from = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.bytes[from as usize..self.ends[id] as usize]
    }

    fn intern(&mut self, text: &[u8]) -> TextId {
        let text = &text[..text.len().min(NAME_BYTES)];
        let count = self.ends.len();
        for id in (count.saturating_sub(SEARCHED)..count).rev() {
            let id = TextId(id as u32);
            if self.get(id) == text {
                return id;
            }
        }
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        TextId(count as u32)
    }

    fn has(&self, id: TextId) -> bool {
        (id.0 as usize) < self.ends.len()
    }

    fn is_sound(&self) -> bool {
        self.ends.is_sorted() && self.ends.last().copied().unwrap_or(0) as usize == self.bytes.len()
    }

    fn heap_bytes(&self) -> usize {
        heap(self.bytes.capacity()) + heap(self.ends.capacity() * 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &[u8]) -> NewRecord<'_> {
        NewRecord {
            span_id: SpanId([1; 8]),
            parent: None,
            start: EventTime(1),
            end: EventTime(2),
            twin: 0,
            name,
            service: b"shop",
            arrived: None,
        }
    }

    #[test]
    fn a_released_record_gives_its_place_back() {
        let mut records = Records::default();
        let first = records.add(new(b"a"));
        records.hold(first);
        let second = records.add(new(b"b"));
        records.hold(second);
        records.hold(second);
        records.release(first);
        records.release(second);
        let third = records.add(new(b"a"));
        assert_eq!(third, first);
        assert_eq!(records.text(records.get(second).name), b"b");
        assert_eq!(records.get(third).name, TextId(0));
    }

    #[test]
    fn a_released_record_gives_back_what_was_kept_of_its_span() {
        let field = FieldKey(7);
        let keep = |records: &mut Records, id| {
            records.project(id, 1, |projection| {
                projection.keep(field, || OwnedValue::Text([b'x'; 100].into()));
            });
        };
        let mut records = Records::default();
        let held = records.add(new(b"a"));
        records.hold(held);
        let before = records.heap_bytes();
        for _ in 0..3 {
            let id = records.add(new(b"b"));
            records.hold(id);
            keep(&mut records, id);
            assert!(records.heap_bytes() >= before + 100);
            records.release(id);
        }
        assert!(records.heap_bytes() < before + 400);
        assert_eq!(records.projections.len(), 1);
        let next = records.add(new(b"c"));
        assert_eq!(records.projection(next).unwrap().value(field), None);
    }

    #[test]
    fn names_are_kept_bounded() {
        let mut records = Records::default();
        let id = records.add(new(&[b'x'; 1000]));
        assert_eq!(records.text(records.get(id).name).len(), NAME_BYTES);
    }
}
