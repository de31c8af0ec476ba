//! Where the spans with an id stand among those of a trace, in constant time however many share it.
//!
//! Ids are nearly always their span's own, so that the first span of an id has an entry of its own and the
//! others, which a sender may send by the thousand, stand apart: found by id and twin, and listed by id.

use hashbrown::{HashMap, HashTable};

use crate::hash::HashKey;
use crate::heap::heap;
use crate::id::SpanId;

/// What a span is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub id: SpanId,
    pub twin: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct SpanIndex {
    /// The first span of each id.
    firsts: HashTable<u32>,
    further: Option<Box<Further>>,
}

/// The spans whose id came before.
#[derive(Clone, Debug, Default)]
struct Further {
    by_name: HashTable<u32>,
    by_id: HashMap<SpanId, Vec<u32>>,
    /// Room in the lists of `by_id`.
    listed: usize,
}

impl SpanIndex {
    /// Adds the span at `at`; `name` tells that of each.
    pub fn insert(&mut self, key: HashKey, at: u32, name: impl Fn(u32) -> Name) {
        let id = name(at).id;
        let hash = key.of(&id.0);
        if self.first(hash, id, &name).is_none() {
            self.firsts
                .insert_unique(hash, at, |at| key.of(&name(*at).id.0));
            return;
        }
        let further = self.further.get_or_insert_default();
        let of = |at: u32| hash_of(key, name(at));
        further.by_name.insert_unique(of(at), at, |at| of(*at));
        let list = further.by_id.entry(id).or_default();
        let room = list.capacity();
        list.push(at);
        further.listed += heap(list.capacity() * 4) - heap(room * 4);
    }

    fn first(&self, hash: u64, id: SpanId, name: impl Fn(u32) -> Name) -> Option<u32> {
        self.firsts.find(hash, |at| name(*at).id == id).copied()
    }

    /// The span of that name.
    pub fn find(&self, key: HashKey, wanted: Name, name: impl Fn(u32) -> Name) -> Option<u32> {
        let first = self.first(key.of(&wanted.id.0), wanted.id, &name)?;
        if name(first) == wanted {
            return Some(first);
        }
        let further = self.further.as_deref()?;
        let is_wanted = |at: &u32| name(*at) == wanted;
        further
            .by_name
            .find(hash_of(key, wanted), is_wanted)
            .copied()
    }

    /// All spans with this id: the first, and those that came after it.
    pub fn with_id(
        &self,
        key: HashKey,
        id: SpanId,
        name: impl Fn(u32) -> Name,
    ) -> (Option<u32>, &[u32]) {
        let Some(first) = self.first(key.of(&id.0), id, name) else {
            return (None, &[]);
        };
        let further = self
            .further
            .as_ref()
            .and_then(|further| further.by_id.get(&id));
        (Some(first), further.map_or(&[], Vec::as_slice))
    }

    pub fn heap_bytes(&self) -> usize {
        let further = self.further.as_deref().map_or(0, |further| {
            heap(size_of::<Further>())
                + heap(further.by_name.allocation_size())
                + heap(further.by_id.allocation_size())
                + further.listed
        });
        heap(self.firsts.allocation_size()) + further
    }
}

fn hash_of(key: HashKey, name: Name) -> u64 {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&name.id.0);
    bytes[8..].copy_from_slice(&name.twin.to_le_bytes());
    key.of(&bytes)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Ids that fall into one place of a table under `key`: by the bits that choose the place and by those that tell
    /// its entries apart.
    fn colliding(key: HashKey, count: usize) -> Vec<SpanId> {
        let place = |id: &SpanId| {
            let hash = key.of(&id.0);
            (hash >> 57, hash & 0xff)
        };
        let ids = (1u64..).map(|id| SpanId(id.to_le_bytes()));
        let first = place(&SpanId(0u64.to_le_bytes()));
        ids.filter(|id| place(id) == first).take(count).collect()
    }

    /// How many spans were looked at to find each once.
    fn steps(key: HashKey, ids: &[SpanId]) -> usize {
        let looked = Cell::new(0);
        let name = |at: u32| {
            looked.set(looked.get() + 1);
            let id = ids[at as usize];
            Name { id, twin: 0 }
        };
        let mut index = SpanIndex::default();
        for at in 0..ids.len() as u32 {
            index.insert(key, at, name);
        }
        looked.set(0);
        for (at, id) in (0..).zip(ids) {
            let wanted = Name { id: *id, twin: 0 };
            assert_eq!(index.find(key, wanted, name), Some(at));
        }
        looked.get()
    }

    #[test]
    fn ids_chosen_to_collide_under_a_key_that_is_known_do_not_under_another() {
        let known = HashKey::new(1);
        let ids = colliding(known, 60);
        // Each is found by looking at half of them, and once more by name.
        assert!(steps(known, &ids) > 20 * ids.len());
        for seed in 2..12 {
            let steps = steps(HashKey::new(seed), &ids);
            assert!(steps <= 4 * ids.len(), "{steps} for {} ids", ids.len());
        }
    }
}
