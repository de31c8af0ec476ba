//! The cell of spans that are counted by groups: how many each group has, and the lowest of its spans, which a
//! violation shows.

use serde::{Deserialize, Serialize};

use crate::finding::EVIDENCE_CAP;
use crate::state::key::{KEY_CAP, TextKey};
use crate::state::key_map::KeyMap;
use crate::state::record_id::RecordId;

/// How many spans the groups of a cell keep together; groups beyond it are counted, and show no spans of their own.
pub(crate) const KEPT_OF_GROUPS: u32 = 1024;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct GroupSize {
    pub certain: u32,
    pub perhaps: u32,
    /// Stored apart.
    #[serde(skip)]
    pub lowest: Lowest,
}

impl GroupSize {
    /// The lowest of its certain spans, as many as a violation shows; none where not all of these were kept.
    pub fn shown(&self) -> &[RecordId] {
        let lowest = self.lowest.ids();
        if lowest.len() == EVIDENCE_CAP.min(self.certain as usize) {
            lowest
        } else {
            &[]
        }
    }
}

/// The lowest certain spans by (start, span id), in that order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lowest {
    ids: [RecordId; EVIDENCE_CAP],
    len: u8,
}

impl Lowest {
    pub fn ids(&self) -> &[RecordId] {
        &self.ids[..usize::from(self.len)]
    }

    /// Puts a span at its place, which is none behind the last; returns what has no room any more.
    pub fn insert(&mut self, place: usize, record: RecordId) -> Option<RecordId> {
        let len = usize::from(self.len);
        let dropped = (len == EVIDENCE_CAP).then(|| self.ids[len - 1]);
        let end = (len + 1).min(EVIDENCE_CAP);
        self.ids.copy_within(place..end - 1, place + 1);
        self.ids[place] = record;
        self.len = end as u8;
        dropped
    }

    /// Of what was read from outside; what is too many is left out.
    pub fn restored(ids: &[RecordId]) -> Lowest {
        let mut lowest = Lowest::default();
        for (place, id) in ids.iter().take(EVIDENCE_CAP).enumerate() {
            lowest.insert(place, *id);
        }
        lowest
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct GroupsCell {
    pub groups: KeyMap<GroupSize>,
    /// Spans of which the group is not known.
    pub unknown: u32,
    pub capped: bool,
    /// The largest group's certain count.
    pub largest: u32,
    /// The largest group's count with its perhaps spans.
    pub largest_perhaps: u32,
    /// How many spans the groups keep.
    #[serde(skip)]
    pub kept: u32,
}

impl GroupsCell {
    /// Counts a span whose group is not known.
    pub fn add_unknown(&mut self) {
        self.unknown = self.unknown.saturating_add(1);
    }

    /// Counts a span. Its group, unless there are too many.
    pub fn add(&mut self, key: TextKey, certain: bool) -> Option<&mut GroupSize> {
        if self.groups.len() >= KEY_CAP && self.groups.get(key).is_none() {
            self.capped = true;
            return None;
        }
        let group = self.groups.open(key);
        if certain {
            group.certain += 1;
        } else {
            group.perhaps += 1;
        }
        self.largest = self.largest.max(group.certain);
        self.largest_perhaps = self.largest_perhaps.max(group.certain + group.perhaps);
        Some(group)
    }

    /// Where in its group a span goes that was counted there for certain; `None`: it is not kept. `lower`: whether a
    /// span of the group is lower.
    pub fn place(&self, key: TextKey, lower: impl Fn(RecordId) -> bool) -> Option<usize> {
        let lowest = self.groups.get(key)?.lowest.ids();
        let place = lowest.partition_point(|id| lower(*id));
        let has_room = lowest.len() == EVIDENCE_CAP || self.kept < KEPT_OF_GROUPS;
        (place < EVIDENCE_CAP && has_room).then_some(place)
    }

    /// Keeps a span at its [place](GroupsCell::place); returns one that is not kept any more.
    pub fn keep(&mut self, key: TextKey, place: usize, record: RecordId) -> Option<RecordId> {
        let group = self.groups.get_mut(key)?;
        let dropped = group.lowest.insert(place, record);
        self.kept += u32::from(dropped.is_none());
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowest(ids: &[u32]) -> Vec<u32> {
        let mut lowest = Lowest::default();
        for id in ids {
            let place = lowest.ids().partition_point(|known| known.0 < *id);
            if place < EVIDENCE_CAP {
                lowest.insert(place, RecordId(*id));
            }
        }
        lowest.ids().iter().map(|id| id.0).collect()
    }

    #[test]
    fn the_lowest_are_kept_in_their_order_whatever_the_order_in_which_they_came() {
        assert!(lowest(&[]).is_empty());
        assert_eq!(lowest(&[3, 1, 2]), [1, 2, 3]);
        let down: Vec<u32> = (0..20).rev().collect();
        assert_eq!(lowest(&down), [0, 1, 2, 3, 4, 5, 6, 7]);
        let up: Vec<u32> = (0..20).collect();
        assert_eq!(lowest(&up), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn groups_beyond_what_is_kept_are_counted_and_show_nothing() {
        let mut cell = GroupsCell::default();
        for key in 0..=u128::from(KEPT_OF_GROUPS) {
            cell.add(key, true);
            if let Some(place) = cell.place(key, |_| true) {
                cell.keep(key, place, RecordId(1));
            }
        }
        let group = |key: u32| cell.groups.get(u128::from(key));
        let shown = |key| group(key).map_or(0, |group| group.shown().len());
        assert_eq!((shown(KEPT_OF_GROUPS - 1), shown(KEPT_OF_GROUPS)), (1, 0));
        assert_eq!(cell.largest, 1);
    }
}
