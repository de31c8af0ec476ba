//! A hash table of places that grows and shrinks a little at a time. A table that doubles moves all that it holds in one go,
//! while everybody waits; this one is many small ones, of which one is split when there is more than they should hold, and
//! two become one when there is less (W. Litwin, "Linear hashing", VLDB 1980).

use betrace_pages::{Pages, held};
use hashbrown::HashTable;

use crate::heap::heap;
use crate::sync::worked;

/// What a part holds on average is at most so many, and at least so many where there are several.
const FULL: usize = 384;
const SPARSE: usize = FULL / 4;

/// A part keeps at least room for so many.
const ROOM: usize = 64;

/// Some of the places.
type Places = HashTable<u32, Pages>;

#[derive(Debug)]
pub(super) struct SplitTable {
    /// None while nothing was put in.
    parts: Vec<Places>,
    len: usize,
    /// What the parts hold on the heap.
    bytes: usize,
}

impl Default for SplitTable {
    fn default() -> SplitTable {
        SplitTable::new()
    }
}

impl SplitTable {
    pub const fn new() -> SplitTable {
        SplitTable {
            parts: Vec::new(),
            len: 0,
            bytes: 0,
        }
    }

    #[inline(always)]
    pub fn find(&self, hash: u64, is_it: impl FnMut(&u32) -> bool) -> Option<u32> {
        let part = self.parts.get(part_of(hash, self.parts.len()))?;
        part.find(hash, is_it).copied()
    }

    /// Adds what is not there. `hash_of` says what hash a place was put in by.
    pub fn insert_unique(&mut self, hash: u64, place: u32, hash_of: impl Fn(&u32) -> u64) {
        if self.parts.is_empty() {
            self.parts.push(Places::new_in(Pages));
        }
        if self.len >= self.parts.len() * FULL {
            self.split(&hash_of);
        }
        let at = part_of(hash, self.parts.len());
        let part = &mut self.parts[at];
        let before = weight(part);
        part.insert_unique(hash, place, hash_of);
        self.bytes = self.bytes + weight(part) - before;
        self.len += 1;
    }

    /// Takes a place out. `false`: it is not there.
    pub fn remove(&mut self, hash: u64, place: u32, hash_of: impl Fn(&u32) -> u64) -> bool {
        let at = part_of(hash, self.parts.len());
        let Some(part) = self.parts.get_mut(at) else {
            return false;
        };
        let Ok(entry) = part.find_entry(hash, |one| *one == place) else {
            return false;
        };
        entry.remove();
        self.len -= 1;
        if part.capacity() > ROOM && part.len() < part.capacity() / 4 {
            let before = weight(part);
            part.shrink_to(2 * part.len(), &hash_of);
            self.bytes = self.bytes + weight(part) - before;
        }
        if self.parts.len() > 1 && self.len < self.parts.len() * SPARSE {
            self.join(hash_of);
        }
        true
    }

    /// The next part in turn hands over what belongs into a new one.
    fn split(&mut self, hash_of: impl Fn(&u32) -> u64) {
        let new = self.parts.len();
        let whole = std::mem::replace(&mut self.parts[sibling_of(new)], Places::new_in(Pages));
        self.bytes -= weight(&whole);
        self.parts.push(Places::new_in(Pages));
        self.put(whole, hash_of);
    }

    /// The last part goes into the one that it was split from.
    fn join(&mut self, hash_of: impl Fn(&u32) -> u64) {
        let Some(last) = self.parts.pop() else {
            return;
        };
        self.bytes -= weight(&last);
        self.put(last, hash_of);
        if self.parts.capacity() > 4 * self.parts.len() {
            self.parts.shrink_to(2 * self.parts.len());
        }
    }

    fn put(&mut self, from: Places, hash_of: impl Fn(&u32) -> u64) {
        let count = self.parts.len();
        worked(from.len());
        // What they are hashed by lies in memory that is long cold: it is fetched for all of them together.
        let hashed: Vec<(u64, u32)> = from
            .into_iter()
            .map(|place| (hash_of(&place), place))
            .collect();
        for (hash, place) in hashed {
            let part = &mut self.parts[part_of(hash, count)];
            let before = weight(part);
            part.insert_unique(hash, place, &hash_of);
            self.bytes = self.bytes + weight(part) - before;
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes + heap(self.parts.capacity() * size_of::<Places>())
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.len
    }
}

fn weight(part: &Places) -> usize {
    held(part.allocation_size())
}

/// In which of so many parts a hash belongs: by bits that a part itself does not look at.
#[inline(always)]
fn part_of(hash: u64, count: usize) -> usize {
    let all = count.next_power_of_two() - 1;
    let at = (hash >> 24) as usize & all;
    if at < count { at } else { at & (all >> 1) }
}

/// Of which part a part was split off.
fn sibling_of(part: usize) -> usize {
    part - (1 << part.ilog2())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn hash(place: u32) -> u64 {
        let mixed = (u64::from(place) ^ 0x51).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 29).wrapping_mul(0x94d0_49bb_1331_11eb) ^ mixed >> 32
    }

    #[test]
    fn a_place_is_found_from_when_it_is_put_in_until_it_is_taken_out() {
        let mut table = SplitTable::default();
        let is_there =
            |table: &SplitTable, place| table.find(hash(place), |one| *one == place) == Some(place);
        for place in 0..20_000 {
            assert!(!is_there(&table, place));
            table.insert_unique(hash(place), place, |place| hash(*place));
            if place % 3 == 0 {
                assert!(table.remove(hash(place / 3), place / 3, |place| hash(*place)));
            }
        }
        let parts: usize = table.parts.iter().map(weight).sum();
        let list = heap(table.parts.capacity() * size_of::<Places>());
        assert_eq!(table.bytes(), parts + list);
        for place in 0..20_000 {
            assert_eq!(is_there(&table, place), place > 19_999 / 3, "{place}");
        }
        for place in 0..20_000 {
            let is_removed = table.remove(hash(place), place, |place| hash(*place));
            assert_eq!(is_removed, place > 19_999 / 3);
        }
        assert_eq!((table.len(), table.parts.len()), (0, 1));
    }

    #[test]
    fn it_moves_little_at_a_time_and_weighs_what_it_holds() {
        let mut table = SplitTable::default();
        let (moved, mut most) = (Cell::new(0), 0);
        let hash_of = |place: &u32| {
            moved.set(moved.get() + 1);
            hash(*place)
        };
        let weighs_right = |table: &SplitTable| {
            let held: usize = table.parts.iter().map(weight).sum();
            assert_eq!(held, table.bytes);
        };
        for place in 0..200_000 {
            table.insert_unique(hash(place), place, hash_of);
            most = moved.replace(0).max(most);
        }
        weighs_right(&table);
        assert!(table.bytes() < 200_000 * 12, "{}", table.bytes());
        for place in 0..199_990 {
            assert!(table.remove(hash(place), place, hash_of));
            most = moved.replace(0).max(most);
        }
        weighs_right(&table);
        assert!(table.bytes() < 2000, "{}", table.bytes());
        assert!(most < 8 * FULL, "{most} were moved at once");
    }
}
