//! What the selectors of a trace's rules choose their members from: the spans that a cell keeps, lowest first, and which of
//! them share a value. Found once for all rules that ask the same of one trace.

use hashbrown::HashMap;

use crate::decide::facts::Facts;
use crate::decide::join::JoinKey;
use crate::intern::{CellId, FieldKey};
use crate::state::cell::RecordsCell;
use crate::state::record::Rank;
use crate::state::record_id::RecordId;

/// A stretch of one of the lists.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stretch {
    from: u32,
    to: u32,
}

impl Stretch {
    pub fn len(self) -> usize {
        (self.to - self.from) as usize
    }

    fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.from as usize..self.to as usize]
    }
}

/// The spans of a cell, and whether it kept no more for want of room.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Candidates {
    pub spans: Stretch,
    pub is_capped: bool,
}

/// The spans of a cell by the key of one of their values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joined {
    keyed: Stretch,
    /// Those of whose value nothing can be said.
    rest: Stretch,
}

#[derive(Debug, Default)]
pub(crate) struct Chosen {
    of_cell: HashMap<CellId, Candidates>,
    /// Certain or not, lowest first.
    spans: Vec<(RecordId, bool)>,
    of_join: HashMap<(CellId, FieldKey), Joined>,
    /// Places among the spans of their cell, by the key of their value.
    keyed: Vec<(u64, u32)>,
    rest: Vec<u32>,
    keys: HashMap<(RecordId, FieldKey), JoinKey>,
    /// While a cell is sorted.
    ranked: Vec<(Rank, RecordId, bool)>,
}

/// More than so many spans are not kept for other rules.
const SHARED: usize = 1 << 12;

impl Chosen {
    pub fn is_large(&self) -> bool {
        self.spans.capacity().max(self.keyed.capacity()) > SHARED || self.keys.len() > SHARED
    }

    pub fn clear(&mut self) {
        if self.of_cell.is_empty() && self.keys.is_empty() {
            return;
        }
        self.of_cell.clear();
        self.spans.clear();
        self.of_join.clear();
        self.keyed.clear();
        self.rest.clear();
        self.keys.clear();
    }

    /// The spans of a cell.
    pub fn of_cell(&mut self, facts: &Facts<'_>, id: CellId, cell: RecordsCell<'_>) -> Candidates {
        if let Some(known) = self.of_cell.get(&id) {
            return *known;
        }
        let records = facts.trace.records();
        let members = cell.members();
        let ranked = members.map(|(record, certain)| (records.get(record).rank(), record, certain));
        self.ranked.extend(ranked);
        self.ranked.sort_unstable();
        let from = self.spans.len() as u32;
        let sorted = self.ranked.drain(..);
        self.spans
            .extend(sorted.map(|(_, record, certain)| (record, certain)));
        let to = self.spans.len() as u32;
        let candidates = Candidates {
            spans: Stretch { from, to },
            is_capped: cell.capped,
        };
        self.of_cell.insert(id, candidates);
        candidates
    }

    /// One of them.
    pub fn span(&self, stretch: Stretch, place: usize) -> (RecordId, bool) {
        self.spans[stretch.from as usize + place]
    }

    /// Adds to `places` which of the spans of a cell may equal `bound` in a value, ascending; `false`: any may.
    pub fn joined(
        &mut self,
        facts: &Facts<'_>,
        joined: Joined,
        (bound, of_bound): (RecordId, FieldKey),
        places: &mut Vec<u32>,
    ) -> bool {
        let key = self.keys.entry((bound, of_bound));
        let key = *key.or_insert_with(|| JoinKey::of(facts, bound, of_bound));
        match key {
            JoinKey::Of(key) => {
                let keyed = joined.keyed.of(&self.keyed);
                let first = keyed.partition_point(|(of, _)| *of < key);
                let same = keyed[first..].iter().take_while(|(of, _)| *of == key);
                places.extend(same.map(|(_, place)| *place));
            }
            JoinKey::None => return true,
            JoinKey::Any => return false,
        }
        let rest = joined.rest.of(&self.rest);
        if !rest.is_empty() {
            places.extend_from_slice(rest);
            places.sort_unstable();
        }
        true
    }

    /// The spans of a cell by their values in a field.
    pub fn join(
        &mut self,
        facts: &Facts<'_>,
        cell: CellId,
        spans: Stretch,
        field: FieldKey,
    ) -> Joined {
        if let Some(known) = self.of_join.get(&(cell, field)) {
            return *known;
        }
        let (from, rest_from) = (self.keyed.len(), self.rest.len());
        for (place, (record, _)) in (0..).zip(spans.of(&self.spans)) {
            match JoinKey::of(facts, *record, field) {
                JoinKey::Of(key) => self.keyed.push((key, place)),
                JoinKey::None => {}
                JoinKey::Any => self.rest.push(place),
            }
        }
        self.keyed[from..].sort_unstable();
        let stretch = |from: usize, to: usize| Stretch {
            from: from as u32,
            to: to as u32,
        };
        let joined = Joined {
            keyed: stretch(from, self.keyed.len()),
            rest: stretch(rest_from, self.rest.len()),
        };
        self.of_join.insert((cell, field), joined);
        joined
    }
}
