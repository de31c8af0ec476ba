//! Which attribute keys of one scope are wanted, and the slot of each.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// The hash behind every table and digest here; fixed, so that runs are functions of their input.
pub(crate) const HASH: FixedState = FixedState::with_seed(0x6265_7472_6163_6531);

pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    HASH.hash_one(bytes)
}

/// Wanted keys, numbered densely. Most keys of a span are not wanted: a small filter over length and last
/// byte turns nearly all of those away before they are hashed.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyTable {
    filter: [u64; 16],
    slots: HashTable<u32>,
    keys: Vec<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    text: Box<[u8]>,
    hash: u64,
}

impl KeyTable {
    pub(crate) fn intern(&mut self, key: &[u8]) -> u32 {
        if let Some(slot) = self.slot(key) {
            return slot;
        }
        let slot = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let hash = hash_bytes(key);
        let (word, bit) = filter_bit(key);
        self.filter[word] |= bit;
        self.keys.push(Key {
            text: key.into(),
            hash,
        });
        let keys = &self.keys;
        self.slots
            .insert_unique(hash, slot, |slot| keys[*slot as usize].hash);
        slot
    }

    #[inline]
    pub(crate) fn slot(&self, key: &[u8]) -> Option<u32> {
        let (word, bit) = filter_bit(key);
        if self.filter[word] & bit == 0 {
            return None;
        }
        let hash = hash_bytes(key);
        self.slots
            .find(hash, |slot| *self.keys[*slot as usize].text == *key)
            .copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The hash of a slot's key: the same in every table.
    pub(crate) fn hash(&self, slot: u32) -> u64 {
        self.keys.get(slot as usize).map_or(0, |key| key.hash)
    }
}

#[inline]
fn filter_bit(key: &[u8]) -> (usize, u64) {
    let last = key.last().copied().unwrap_or(0);
    let mixed = (key.len().wrapping_mul(37)) ^ usize::from(last);
    ((mixed >> 6) & 15, 1 << (mixed & 63))
}
