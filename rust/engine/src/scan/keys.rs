//! Which attribute keys of one scope are wanted, and the slot of each.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

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
    /// Open addressing over a power of two at most half full; [`FREE`] where there is none.
    table: Box<[u32]>,
    keys: Vec<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    text: Box<[u8]>,
    /// Where it is looked for in the table.
    place: u64,
    /// Good for digests.
    hash: u64,
}

const FREE: u32 = u32::MAX;

impl KeyTable {
    pub(crate) fn intern(&mut self, key: &[u8]) -> u32 {
        if let Some(slot) = self.slot(key) {
            return slot;
        }
        let slot = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let (word, bit) = filter_bit(key);
        self.filter[word] |= bit;
        self.keys.push(Key {
            text: key.into(),
            place: place(key),
            hash: hash_bytes(key),
        });
        if self.keys.len() * 2 > self.table.len() {
            let size = (self.keys.len() * 4).next_power_of_two();
            self.table = vec![FREE; size].into();
            for slot in 0..slot {
                self.enter(slot);
            }
        }
        self.enter(slot);
        slot
    }

    fn enter(&mut self, slot: u32) {
        let mask = self.table.len() - 1;
        let mut at = self.keys[slot as usize].place as usize & mask;
        while self.table[at] != FREE {
            at = (at + 1) & mask;
        }
        self.table[at] = slot;
    }

    #[inline(always)]
    pub(crate) fn slot(&self, key: &[u8]) -> Option<u32> {
        let (word, bit) = filter_bit(key);
        if self.filter[word] & bit == 0 {
            return None;
        }
        self.find(key)
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        let place = place(key);
        let mask = self.table.len().wrapping_sub(1);
        let mut at = place as usize & mask;
        loop {
            let slot = *self.table.get(at)?;
            let kept = self.keys.get(slot as usize)?;
            if kept.place == place && *kept.text == *key {
                return Some(slot);
            }
            at = (at + 1) & mask;
        }
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

/// Keys of eight to sixteen bytes are two words, which overlap; the others are hashed by the book.
#[inline]
fn place(key: &[u8]) -> u64 {
    if let (8..=16, Some(first), Some(last)) =
        (key.len(), key.first_chunk::<8>(), key.last_chunk::<8>())
    {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        let left = u128::from(first ^ 0x9e37_79b9_7f4a_7c15 ^ key.len() as u64);
        let wide = left * u128::from(last ^ 0xd6e8_feb8_6659_fd93);
        return wide as u64 ^ (wide >> 64) as u64;
    }
    hash_bytes(key)
}

#[inline(always)]
fn filter_bit(key: &[u8]) -> (usize, u64) {
    let last = key.last().copied().unwrap_or(0);
    let mixed = (key.len().wrapping_mul(37)) ^ usize::from(last);
    ((mixed >> 6) & 15, 1 << (mixed & 63))
}
