//! What is kept of recorded spans for those rules that ask for it: values of fields, and when the span came.

use serde::{Deserialize, Serialize};

use crate::heap::heap;
use crate::intern::FieldKey;
use crate::time::Timestamp;
use crate::value::{OwnedValue, Value};

/// Values of those fields that some rule compares with other spans or prints.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "StoredProjection", into = "StoredProjection")]
pub(crate) struct Projection {
    /// Most have one or two.
    first: Option<(FieldKey, OwnedValue)>,
    second: Option<(FieldKey, OwnedValue)>,
    rest: Vec<(FieldKey, OwnedValue)>,
    /// Of which record it is; [`NOTHING`]: of none.
    pub(super) record: u32,
    /// A value was too long to keep: comparisons with it stay open.
    pub cut: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredProjection {
    values: Vec<(FieldKey, OwnedValue)>,
    cut: bool,
}

impl From<StoredProjection> for Projection {
    fn from(stored: StoredProjection) -> Projection {
        let mut values = stored.values.into_iter();
        Projection {
            first: values.next(),
            second: values.next(),
            rest: values.collect(),
            record: NOTHING,
            cut: stored.cut,
        }
    }
}

impl From<Projection> for StoredProjection {
    fn from(projection: Projection) -> StoredProjection {
        let Projection {
            first,
            second,
            rest,
            cut,
            ..
        } = projection;
        StoredProjection {
            values: first.into_iter().chain(second).chain(rest).collect(),
            cut,
        }
    }
}

/// A value longer than this is not kept for comparison; what hangs on it stays open.
pub(crate) const VALUE_BYTES: usize = 16 << 10;

/// In place of a projection's number: nothing was kept.
pub(super) const NOTHING: u32 = u32::MAX;

impl Projection {
    fn values(&self) -> impl Iterator<Item = &(FieldKey, OwnedValue)> {
        self.first.iter().chain(&self.second).chain(&self.rest)
    }

    pub fn kept(&self, field: FieldKey) -> Option<&OwnedValue> {
        // One after the other, as most are among the first two.
        for place in [&self.first, &self.second] {
            let (key, value) = place.as_ref()?;
            if *key == field {
                return Some(value);
            }
        }
        let (_, value) = self.rest.iter().find(|(key, _)| *key == field)?;
        Some(value)
    }

    pub fn value(&self, field: FieldKey) -> Option<Value<'_>> {
        self.kept(field).map(OwnedValue::as_value)
    }

    /// Keeps the value of a field that has none yet, if it is not too long. Returns what it takes, in bytes.
    #[inline]
    pub fn keep(&mut self, field: FieldKey, value: impl FnOnce() -> OwnedValue) -> usize {
        if self.kept(field).is_some() {
            return 0;
        }
        let value = value();
        let bytes = value.heap_bytes();
        if bytes > VALUE_BYTES {
            self.cut = true;
            return 0;
        }
        if self.first.is_none() {
            self.first = Some((field, value));
        } else if self.second.is_none() {
            self.second = Some((field, value));
        } else {
            self.rest.push((field, value));
        }
        heap(bytes)
    }

    fn room_bytes(&self) -> usize {
        heap(self.rest.capacity() * size_of::<(FieldKey, OwnedValue)>())
    }

    fn heap_bytes(&self) -> usize {
        let values = self.values().map(|(_, value)| heap(value.heap_bytes()));
        self.room_bytes() + values.sum::<usize>()
    }
}

/// Of a trace's records, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Which projection is a record's, where there are many; [`NOTHING`]: none.
    of_record: Vec<u32>,
    pub(super) projections: Vec<Projection>,
    pub(super) projection_bytes: usize,
    /// As far as some rule asked; 0: not known.
    pub(super) arrived: Vec<Timestamp>,
}

/// Up to so many projections a search looks at each, without a way to them that would have to be fetched first.
const LINEAR: usize = 16;

impl Kept {
    /// Of records by their numbers.
    pub(super) fn of(
        mut projections: Vec<Projection>,
        projection_bytes: usize,
        of_record: impl Iterator<Item = u32>,
        arrived: Vec<Timestamp>,
    ) -> Kept {
        for (record, at) in of_record.enumerate() {
            if let Some(projection) = projections.get_mut(at as usize) {
                projection.record = record as u32;
            }
        }
        let mut kept = Kept {
            of_record: Vec::new(),
            projections,
            projection_bytes,
            arrived,
        };
        kept.index_many();
        kept
    }

    /// Which projection is a record's.
    pub(super) fn place(&self, record: usize) -> Option<usize> {
        if self.of_record.is_empty() {
            let is_its = |one: &Projection| one.record as usize == record;
            // Where each record has one, they stand in the same order.
            if self.projections.get(record).is_some_and(is_its) {
                return Some(record);
            }
            return self.projections.iter().position(is_its);
        }
        let at = self.of_record.get(record).copied();
        at.filter(|at| *at != NOTHING).map(|at| at as usize)
    }

    fn index(&mut self, at: usize) {
        let record = self.projections[at].record as usize;
        if record == NOTHING as usize {
            return;
        }
        if self.of_record.len() <= record {
            self.of_record.resize(record + 1, NOTHING);
        }
        self.of_record[record] = at as u32;
    }

    /// Once they are many there is a way to each.
    fn index_many(&mut self) {
        if self.projections.len() > LINEAR && self.of_record.is_empty() {
            (0..self.projections.len()).for_each(|at| self.index(at));
        }
    }

    #[inline]
    pub fn projection(&self, record: usize) -> Option<&Projection> {
        self.projections.get(self.place(record)?)
    }

    /// Lets `fill` add values to what is kept of the record's span; it says what they take.
    pub fn project(
        &mut self,
        record: usize,
        values: usize,
        fill: impl FnOnce(&mut Projection) -> usize,
    ) {
        let at = self.place(record).unwrap_or_else(|| {
            let len = self.projections.len();
            if len == self.projections.capacity() {
                // Most traces have few.
                self.projections.reserve_exact(2 + len / 2);
            }
            self.projections.push(Projection {
                rest: Vec::with_capacity(values.saturating_sub(2)),
                record: record as u32,
                ..Projection::default()
            });
            match self.of_record.is_empty() {
                true => self.index_many(),
                false => self.index(len),
            }
            len
        });
        let Some(projection) = self.projections.get_mut(at) else {
            return;
        };
        let room = projection.room_bytes();
        let added = fill(projection);
        self.projection_bytes += added + projection.room_bytes().saturating_sub(room);
    }

    /// Nothing is kept of the record's span any more; the place for it is used again.
    pub fn clear(&mut self, record: usize) {
        let at = self.place(record);
        if let Some(projection) = at.and_then(|at| self.projections.get_mut(at)) {
            self.projection_bytes -= projection.heap_bytes().min(self.projection_bytes);
            *projection = Projection {
                record: record as u32,
                ..Projection::default()
            };
        }
    }

    /// When a record's span came; `None` where no rule asked then.
    pub fn arrived(&self, record: usize) -> Option<Timestamp> {
        let at = self.arrived.get(record).copied();
        at.filter(|at| *at != Timestamp(0))
    }

    pub fn note_arrival(&mut self, record: usize, at: Option<Timestamp>) {
        if at.is_some() && self.arrived.len() <= record {
            self.arrived.resize(record + 1, Timestamp(0));
        }
        if let Some(arrived) = self.arrived.get_mut(record) {
            *arrived = at.unwrap_or(Timestamp(0));
        }
    }

    /// Besides its own size.
    pub fn heap_bytes(&self) -> usize {
        heap(self.of_record.capacity() * 4)
            + heap(self.projections.capacity() * size_of::<Projection>())
            + heap(self.arrived.capacity() * size_of::<Timestamp>())
            + self.projection_bytes
    }
}

/// The fields that are kept in some of them, repeated for each.
pub(super) fn fields_of(projections: &[Projection]) -> impl Iterator<Item = FieldKey> {
    let values = projections.iter().flat_map(Projection::values);
    values.map(|(key, _)| *key)
}

/// Gives the kept fields other numbers; those that get none are dropped.
pub(super) fn renumber_fields(
    projections: &mut [Projection],
    number: impl Fn(FieldKey) -> Option<FieldKey>,
) {
    for projection in projections {
        let mut has_number = |value: &mut (FieldKey, OwnedValue)| {
            let new = number(value.0);
            value.0 = new.unwrap_or(value.0);
            new.is_some()
        };
        projection.rest.retain_mut(&mut has_number);
        for place in [&mut projection.second, &mut projection.first] {
            if place.as_mut().is_some_and(|value| !has_number(value)) {
                *place = None;
            }
        }
        // None stands behind a free place.
        let mut next = |place: &mut Option<(FieldKey, OwnedValue)>| {
            if place.is_none() && !projection.rest.is_empty() {
                *place = Some(projection.rest.remove(0));
            }
        };
        if projection.first.is_none() {
            projection.first = projection.second.take();
        }
        next(&mut projection.first);
        next(&mut projection.second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(kept: &Kept, record: usize, field: u32) -> Option<i64> {
        match kept.projection(record)?.kept(FieldKey(field))? {
            OwnedValue::Int(number) => Some(*number),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_kept_is_found_by_its_record_however_many_there_are() {
        let mut kept = Kept::default();
        let empty = kept.heap_bytes();
        let records = || (0..3 * LINEAR).map(|at| 3 * at);
        for record in records() {
            for field in 0..4 {
                kept.project(record, 1, |projection| {
                    projection.keep(FieldKey(field), || OwnedValue::Int((10 * record) as i64))
                });
                // What was kept first stays.
                kept.project(record, 1, |projection| {
                    projection.keep(FieldKey(field), || OwnedValue::Int(-1))
                });
            }
            for known in records().take_while(|known| *known <= record) {
                let all =
                    (0..4).all(|field| number(&kept, known, field) == Some(10 * known as i64));
                assert!(
                    all && kept.projection(known + 1).is_none(),
                    "{known} of {record}"
                );
            }
        }
        kept.clear(6);
        assert_eq!(number(&kept, 6, 0), None);
        kept.project(6, 1, |projection| {
            projection.keep(FieldKey(0), || OwnedValue::Int(7))
        });
        assert_eq!(
            (number(&kept, 6, 0), number(&kept, 9, 0)),
            (Some(7), Some(90))
        );
        assert_eq!(kept.projections.len(), 3 * LINEAR);
        let of_record = records().max().map_or(0, |last| last + 1);
        let of_record =
            (0..of_record).map(|record| kept.place(record).map_or(NOTHING, |at| at as u32));
        let again = Kept::of(
            kept.projections.clone(),
            kept.projection_bytes,
            of_record.collect::<Vec<_>>().into_iter(),
            Vec::new(),
        );
        assert!(records().all(|record| number(&again, record, 0) == number(&kept, record, 0)));
        records().for_each(|record| kept.clear(record));
        assert!(kept.projection_bytes == 0 && kept.heap_bytes() > empty);
    }

    #[test]
    fn fields_that_are_not_there_any_more_go_and_the_others_stay_in_their_order() {
        for gone in 0..1u32 << 5 {
            let has = |field: u32| gone & (1 << field) == 0;
            let mut projection = Projection::default();
            for field in 0..5 {
                projection.keep(FieldKey(field), || OwnedValue::Int(i64::from(field)));
            }
            let mut all = [projection];
            renumber_fields(&mut all, |FieldKey(field)| {
                has(field).then_some(FieldKey(10 + field))
            });
            let left: Vec<FieldKey> = fields_of(&all).collect();
            let expected: Vec<FieldKey> = (0..5)
                .filter(|field| has(*field))
                .map(|field| FieldKey(10 + field))
                .collect();
            assert_eq!(left, expected, "{gone:b}");
            for field in 0..5 {
                let kept = all[0].kept(FieldKey(10 + field));
                assert_eq!(kept.is_some(), has(field), "{field} of {gone:b}");
            }
        }
    }
}
