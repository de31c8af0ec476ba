//! Where the spans with an id stand among those of a trace, in constant time however many share it.
//!
//! Ids are nearly always their span's own, so that the first span of an id has an entry of its own and the
//! others, which a sender may send by the thousand, stand apart: found by id and twin, and listed by id.

use hashbrown::{HashMap, HashTable};

use crate::hash::HashKey;
use crate::id::SpanId;
use crate::state::heap::heap;

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
    pub fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }

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
