//! Which texts are looked for, such as the wanted attribute keys of one scope, and the number of each.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::hash::{ends, fold_text};
use crate::wire::pair::key_mark;

/// The hash behind every table and digest here; fixed, so that runs are functions of their input.
pub(crate) const HASH: FixedState = FixedState::with_seed(0x6265_7472_6163_6531);

pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    HASH.hash_one(bytes)
}

/// Wanted keys, numbered densely.
///
/// The [mark](key_mark) of a key names a place in which there is no key, which says of most keys of a span that nobody
/// wants them, one, with which it is compared, or several; then it is looked up by a hash.
#[derive(Clone, Debug)]
pub(crate) struct KeyTable {
    /// For each place none, a key's number plus one, or [`SEVERAL`].
    places: [u8; PLACES],
    /// What marks are multiplied with; see [`KeyTable::settle`].
    factor: u32,
    /// By number.
    keys: Vec<Key>,
    /// All of them, one behind the other.
    texts: Vec<u8>,
    /// Numbers of keys by their hash, by open addressing over a power of two at most half full; [`FREE`] where there is none.
    table: Box<[u32]>,
}

#[derive(Clone, Debug)]
struct Key {
    words: [u64; 4],
    /// Of its text in all.
    start: u32,
    length: u32,
    /// Good for digests.
    hash: u64,
}

const PLACES: usize = 256;
/// The first factor, and of how many the best is taken.
const SPREAD: u32 = 0x9e37_79b1;
const FACTORS: u32 = 128;
const SEVERAL: u8 = u8::MAX;
const FREE: u32 = u32::MAX;

/// Keys up to this length are all in their words.
const IN_WORDS: usize = 32;

impl Default for KeyTable {
    fn default() -> KeyTable {
        KeyTable {
            places: [0; PLACES],
            factor: SPREAD,
            keys: Vec::new(),
            texts: Vec::new(),
            table: Box::default(),
        }
    }
}

impl KeyTable {
    /// With room for so many keys.
    pub(crate) fn with_room(keys: usize) -> KeyTable {
        let mut table = KeyTable {
            keys: Vec::with_capacity(keys),
            ..KeyTable::default()
        };
        table.grow(keys);
        table
    }

    /// A table in which so many keys have room.
    fn grow(&mut self, keys: usize) {
        let size = (keys * 4).next_power_of_two();
        self.table = vec![FREE; size].into();
    }

    fn text(&self, key: &Key) -> &[u8] {
        let start = key.start as usize;
        &self.texts[start..start + key.length as usize]
    }

    pub(crate) fn intern(&mut self, key: &[u8]) -> u32 {
        if let Some(slot) = self.slot(key) {
            return slot;
        }
        let slot = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(Key {
            words: words(key),
            start: u32::try_from(self.texts.len()).unwrap_or(u32::MAX),
            length: u32::try_from(key.len()).unwrap_or(u32::MAX),
            hash: hash_bytes(key),
        });
        self.texts.extend_from_slice(key);
        self.place(slot);
        if self.keys.len() * 2 > self.table.len() {
            self.grow(self.keys.len());
            for slot in 0..slot {
                self.enter(slot);
            }
        }
        self.enter(slot);
        slot
    }

    /// Seeks the factor with which the fewest keys share a place. Called once all are here; without it nothing is wrong.
    pub(crate) fn settle(&mut self) {
        if self.keys.len() >= usize::from(SEVERAL) {
            return;
        }
        let mut best = (usize::MAX, self.factor);
        for number in 0..FACTORS {
            let factor = SPREAD.wrapping_mul(2 * number + 1);
            let mut taken = [0u64; PLACES / 64];
            let mut shared = 0;
            for key in &self.keys {
                let place = place(key_mark(self.text(key)), factor);
                let (word, bit) = (place / 64, 1 << (place % 64));
                shared += usize::from(taken[word] & bit != 0);
                taken[word] |= bit;
            }
            best = best.min((shared, factor));
        }
        self.factor = best.1;
        self.places = [0; PLACES];
        for slot in 0..self.keys.len() as u32 {
            self.place(slot);
        }
    }

    fn place(&mut self, slot: u32) {
        let mark = key_mark(self.text(&self.keys[slot as usize]));
        let place = &mut self.places[place(mark, self.factor)];
        *place = match (*place, u8::try_from(slot + 1)) {
            (0, Ok(number)) => number,
            _ => SEVERAL,
        };
    }

    fn enter(&mut self, slot: u32) {
        let mask = self.table.len() - 1;
        let mut at = table_hash(self.text(&self.keys[slot as usize])) as usize & mask;
        while self.table[at] != FREE {
            at = (at + 1) & mask;
        }
        self.table[at] = slot;
    }

    #[inline(always)]
    pub(crate) fn slot(&self, key: &[u8]) -> Option<u32> {
        self.key(key).map(|known| known.slot)
    }

    #[inline(always)]
    pub(crate) fn key(&self, key: &[u8]) -> Option<KnownKey> {
        self.known(key_mark(key), || key)
    }

    /// The key with this [mark](key_mark), if it is here. Most marks say that it is not.
    #[inline(always)]
    pub(crate) fn known<'k>(&self, mark: u32, key: impl FnOnce() -> &'k [u8]) -> Option<KnownKey> {
        let (slot, kept) = match self.places[place(mark, self.factor)] {
            0 => return None,
            SEVERAL => self.find(key())?,
            number => {
                let slot = u32::from(number) - 1;
                (slot, self.held(slot, key())?)
            }
        };
        let hash = kept.hash;
        Some(KnownKey { slot, hash })
    }

    /// What is kept of a slot's key, if it is this.
    #[inline(always)]
    fn held(&self, slot: u32, key: &[u8]) -> Option<&Key> {
        let kept = self.keys.get(slot as usize)?;
        if kept.length as usize != key.len() {
            return None;
        }
        let pairs = kept.words.iter().zip(words(key));
        let is_same = pairs.fold(0, |bits, (kept, word)| bits | (kept ^ word)) == 0
            && (key.len() <= IN_WORDS || self.text(kept) == key);
        is_same.then_some(kept)
    }

    #[inline(never)]
    fn find(&self, key: &[u8]) -> Option<(u32, &Key)> {
        let mask = self.table.len().wrapping_sub(1);
        let mut at = table_hash(key) as usize & mask;
        loop {
            let slot = *self.table.get(at)?;
            if slot == FREE {
                return None;
            }
            if let Some(kept) = self.held(slot, key) {
                return Some((slot, kept));
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

/// What is known of a key that is here.
#[derive(Clone, Copy)]
pub(crate) struct KnownKey {
    pub slot: u32,
    /// As of [`KeyTable::hash`].
    pub hash: u64,
}

#[inline(always)]
fn place(mark: u32, factor: u32) -> usize {
    (mark.wrapping_mul(factor) >> (u32::BITS - PLACES.ilog2())) as usize
}

/// Eight bytes at a time, from both ends, which may overlap.
#[inline(always)]
fn words(key: &[u8]) -> [u64; 4] {
    let (first, last) = ends(key);
    match (key.first_chunk::<16>(), key.last_chunk::<16>()) {
        (Some(begin), Some(end)) => [first, last, ends(&begin[8..]).0, ends(&end[..8]).0],
        _ => [first, last, 0, 0],
    }
}

fn table_hash(key: &[u8]) -> u64 {
    fold_text(0x9e37_79b9_7f4a_7c15, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pair::UsualPair;

    /// Every length to well beyond that of the words, and at every place another byte.
    #[test]
    fn each_key_has_its_number_and_what_is_near_to_it_has_none() {
        let keys: Vec<Vec<u8>> = (0..80usize).map(|length| vec![b'k'; length]).collect();
        let mut table = KeyTable::default();
        assert_eq!(table.slot(b"k"), None);
        for (number, key) in (0..).zip(&keys) {
            assert_eq!(table.intern(key), number);
            assert_eq!(table.intern(key), number);
        }
        for is_settled in [false, true] {
            if is_settled {
                table.settle();
            }
            for (number, key) in (0..).zip(&keys) {
                assert_eq!(table.slot(key), Some(number));
                for at in 0..key.len() {
                    let mut near = key.clone();
                    near[at] = b'x';
                    assert_eq!(table.slot(&near), None, "{near:?}");
                }
            }
            assert_eq!(table.slot(&[b'k'; 80]), None);
            assert_eq!(table.len(), keys.len());
        }
    }

    #[test]
    fn a_key_has_the_same_mark_in_a_field_as_by_itself() {
        let text = [b'v'; 130];
        let short = [&[0x12, 4, 0x0a, 2][..], b"ok"].concat();
        let long = [&[0x12, 0x85, 1, 0x0a, 0x82, 1][..], &text].concat();
        for length in 0..128u8 {
            let key: Vec<u8> = (0..length).map(|at| at.wrapping_mul(29) ^ length).collect();
            let pair = |value: &[u8]| [&[0x0a, length][..], &key, value].concat();
            let (of_short, of_long) = (pair(&short), pair(&long));
            let length_of_long = (of_long.len() as u16 & 0x7f | 0x80) as u8;
            let high = (of_long.len() >> 7) as u8;
            let field = [&[0x4a, length_of_long, high][..], &of_long, b"behind"].concat();
            let split = UsualPair::split_long(&field, 0x4a);
            let Some((long, b"behind")) = split else {
                panic!("a key of {length} bytes");
            };
            let field = [&[0x4a, of_short.len() as u8][..], &of_short, b"behind"].concat();
            let of_short = UsualPair::split(&field, 0x4a).map(|(pair, _)| pair);
            assert_eq!(of_short.is_some(), field.len() < 2 + 0x80 + 6, "{length}");
            for pair in of_short.into_iter().chain([long]) {
                assert_eq!(pair.key(), key);
                assert_eq!(pair.mark, key_mark(&key));
            }
        }
    }

    #[test]
    fn more_keys_than_there_are_places_are_all_found() {
        let key = |number: u32| format!("attribute.{number:06}.of_the_shop").into_bytes();
        for count in [253, 254, 255, 256, 257, 10_000] {
            let mut table = KeyTable::default();
            for number in 0..count {
                assert_eq!(table.intern(&key(number)), number);
            }
            table.settle();
            for number in 0..count {
                assert_eq!(table.slot(&key(number)), Some(number));
            }
            assert_eq!(table.slot(&key(count)), None);
        }
    }

    #[test]
    fn keys_of_conventions_have_places_of_their_own() {
        let keys = [
            "session.id",
            "http.response.status_code",
            "db.system.name",
            "user.id",
            "deployment.environment.name",
            "http.request.method",
            "url.path",
            "db.query.text",
            "network.peer.port",
            "service.name",
            "amount",
            "currency",
            "tenant",
            "http.route",
            "order.id",
        ];
        let mut table = KeyTable::default();
        for key in keys {
            table.intern(key.as_bytes());
        }
        table.settle();
        assert!(!table.places.contains(&SEVERAL));
        for (number, key) in (0..).zip(keys) {
            assert_eq!(table.slot(key.as_bytes()), Some(number));
        }
    }
}
