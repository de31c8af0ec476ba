//! The lists of one trace, one behind the other in one block of bytes: most traces are small, and what would be a
//! dozen little vectors is one piece of memory, which its shard keeps for the next trace when it is given back.
//!
//! A list grows by moving those behind it; what grows most stands last. A long list has room of its own, a
//! quarter more than it needs, so that this costs little however long it gets. Sizes come in steps of at most an
//! eighth, each as the allocator hands it out without waste.

use crate::heap::heap;

/// The lists, in the order in which they stand: links come most often, and have nothing behind them that must move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Texts,
    Cells,
    Records,
    Parents,
    Spans,
    Links,
}

const LISTS: usize = 6;

/// From this length on a list has room of its own, in bytes.
const LONG: usize = 1024;

/// A block has at least so much room when it is new, and a quarter of what it holds, so that a trace does not move with
/// every span.
const SPARE: usize = 80;

/// And the first block of a trace so much: one span of a few selectors moves it at most once.
const FIRST: usize = 192;

/// A list that has to grow takes room for so many times as much, where the block has it to spare.
const AHEAD: usize = 3;

/// The smallest block, and the largest that is kept for another trace.
const LEAST: usize = 56;
const MOST_KEPT: usize = 4096 - 8;

#[derive(Debug, Default)]
pub(super) struct Block {
    bytes: Box<[u8]>,
    starts: [u32; LISTS],
    lens: [u32; LISTS],
}

impl Block {
    #[inline(always)]
    pub fn list(&self, list: List) -> &[u8] {
        let at = list as usize;
        let start = self.starts[at] as usize;
        &self.bytes[start..start + self.lens[at] as usize]
    }

    #[inline(always)]
    pub fn list_mut(&mut self, list: List) -> &mut [u8] {
        let at = list as usize;
        let start = self.starts[at] as usize;
        &mut self.bytes[start..start + self.lens[at] as usize]
    }

    /// A list's elements, each of `N` bytes.
    #[inline(always)]
    pub fn elements<const N: usize>(&self, list: List) -> &[[u8; N]] {
        self.list(list).as_chunks().0
    }

    #[inline(always)]
    pub fn elements_mut<const N: usize>(&mut self, list: List) -> &mut [[u8; N]] {
        self.list_mut(list).as_chunks_mut().0
    }

    /// Adds an element; returns its place.
    #[inline]
    pub fn push<const N: usize>(
        &mut self,
        pool: &mut BlockPool,
        list: List,
        element: [u8; N],
    ) -> usize {
        let index = list as usize;
        let len = self.lens[index] as usize;
        if self.room(index) < len + N {
            self.make_room(pool, index, N);
        }
        let end = self.starts[index] as usize + len;
        self.bytes[end..end + N].copy_from_slice(&element);
        self.lens[index] += N as u32;
        len / N
    }

    /// Puts an element before the one at `at`.
    pub fn insert<const N: usize>(
        &mut self,
        pool: &mut BlockPool,
        list: List,
        at: usize,
        element: [u8; N],
    ) {
        self.splice(pool, list, at * N, &element);
    }

    /// Puts bytes into a list.
    pub fn splice(&mut self, pool: &mut BlockPool, list: List, at: usize, new: &[u8]) {
        let index = list as usize;
        let len = self.lens[index] as usize;
        if self.room(index) < len + new.len() {
            self.make_room(pool, index, new.len());
        }
        let start = self.starts[index] as usize;
        let place = start + at;
        if at < len {
            let rest = place..start + len;
            self.bytes.copy_within(rest, place + new.len());
        }
        self.bytes[place..place + new.len()].copy_from_slice(new);
        self.lens[index] += new.len() as u32;
    }

    #[inline(always)]
    fn room(&self, index: usize) -> usize {
        let next = self.starts.get(index + 1);
        let end = next.map_or(self.bytes.len(), |next| *next as usize);
        end - self.starts[index] as usize
    }

    #[inline(never)]
    fn make_room(&mut self, pool: &mut BlockPool, index: usize, count: usize) {
        let least = count.max(own_room(self.lens[index] as usize));
        let last = LISTS - 1;
        let end = (self.starts[last] + self.lens[last]) as usize;
        let left = self.bytes.len() - end;
        if index == last || left < least {
            self.relocate(pool, index, least);
            return;
        }
        let more = least + (AHEAD * count).min((left - least) / 4);
        let from = self.starts[index + 1] as usize;
        self.bytes.copy_within(from..end, from + more);
        for start in &mut self.starts[index + 1..] {
            *start += more as u32;
        }
    }

    /// Moves into a larger block, with room for `more` bytes in one list.
    fn relocate(&mut self, pool: &mut BlockPool, index: usize, more: usize) {
        let rooms: [usize; LISTS] = std::array::from_fn(|at| {
            let len = self.lens[at] as usize;
            let own = self.room(at).min(len + own_room(len)) - len;
            len + if at == index { more } else { own }
        });
        let least: usize = rooms.iter().sum();
        let spare = if self.bytes.is_empty() { FIRST } else { SPARE };
        let mut bytes = pool.take(least + (least / 4).max(spare));
        let mut start = 0;
        for (at, room) in rooms.into_iter().enumerate() {
            let (old, len) = (self.starts[at] as usize, self.lens[at] as usize);
            bytes[start..start + len].copy_from_slice(&self.bytes[old..old + len]);
            self.starts[at] = start as u32;
            start += room;
        }
        pool.give(std::mem::replace(&mut self.bytes, bytes));
    }

    /// In bytes, room included.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn heap_bytes(&self) -> usize {
        heap(self.bytes.len())
    }

    /// Gives the memory back; nothing is in the lists any more.
    pub fn release(&mut self, pool: &mut BlockPool) {
        let block = std::mem::take(self);
        pool.give(block.bytes);
    }
}

/// How much room a list of this length has beyond it.
fn own_room(len: usize) -> usize {
    if len < LONG { 0 } else { len / 4 }
}

/// In place of a block of one size, those of so many next ones are taken.
const LARGER: usize = 2;

/// How many sizes are kept apart: eight for each doubling, from 64 bytes to 4096.
const SIZES: usize = 56;

/// Blocks that no trace has, for the next that needs one of their size.
#[derive(Debug)]
pub(crate) struct BlockPool {
    free: [Vec<Box<[u8]>>; SIZES],
    bytes: usize,
    /// Beyond so many bytes, blocks go back to the allocator.
    most: usize,
}

impl Default for BlockPool {
    fn default() -> BlockPool {
        BlockPool {
            free: [const { Vec::new() }; SIZES],
            bytes: 0,
            most: 0,
        }
    }
}

impl BlockPool {
    /// Keeps at most so many bytes from now on.
    pub fn limit(&mut self, most: usize) {
        self.most = most;
        if self.bytes > most {
            *self = BlockPool {
                most,
                ..BlockPool::default()
            };
        }
    }

    fn take(&mut self, least: usize) -> Box<[u8]> {
        let size = size_for(least);
        if size <= MOST_KEPT {
            // One that is a quarter larger will do.
            let index = size_index(size);
            let near = self.free[index..].iter_mut().take(1 + LARGER);
            if let Some(bytes) = near.filter_map(Vec::pop).next() {
                self.bytes -= heap(bytes.len()) + SLOT;
                return bytes;
            }
        }
        vec![0; size].into()
    }

    fn give(&mut self, bytes: Box<[u8]>) {
        let size = bytes.len();
        if !(LEAST..=MOST_KEPT).contains(&size) {
            return;
        }
        let weight = heap(size) + SLOT;
        while self.bytes + weight > self.most {
            // One goes of the size of which most bytes lie here: the others are asked for.
            let lying =
                |free: &&mut Vec<Box<[u8]>>| free.len() * free.last().map_or(0, |one| one.len());
            let most = self.free.iter_mut().max_by_key(lying);
            let Some(other) = most.and_then(Vec::pop) else {
                return;
            };
            self.bytes -= heap(other.len()) + SLOT;
        }
        self.bytes += weight;
        self.free[size_index(size)].push(bytes);
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What a list of free blocks holds for each, room for as many more included.
const SLOT: usize = 2 * size_of::<Box<[u8]>>();

/// The size of a block that holds at least so many bytes: with the allocator's header of eight bytes a multiple of
/// sixteen.
fn size_for(least: usize) -> usize {
    let whole = least.max(LEAST) + 8;
    let step = (whole.next_power_of_two() / 16).max(16);
    whole.next_multiple_of(step) - 8
}

fn size_index(size: usize) -> usize {
    let whole = size + 8;
    let power = whole.next_power_of_two();
    let doublings = power.ilog2().saturating_sub(6) as usize;
    (doublings * 8 + whole * 16 / power - 9).min(SIZES - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [List; LISTS] = [
        List::Texts,
        List::Cells,
        List::Records,
        List::Parents,
        List::Spans,
        List::Links,
    ];

    #[test]
    fn a_size_has_an_index_of_its_own_and_little_waste() {
        let mut seen: Vec<Option<usize>> = vec![None; SIZES];
        for least in 1..=MOST_KEPT {
            let size = size_for(least);
            assert!(size >= least && heap(size) == size + 8, "{least}");
            assert!(
                size <= (least + least / 8 + 24).max(LEAST),
                "{least}: {size}"
            );
            if size <= MOST_KEPT {
                assert_eq!(*seen[size_index(size)].get_or_insert(size), size);
            }
        }
    }

    #[test]
    fn a_block_that_is_given_back_is_the_next_of_its_size() {
        let mut pool = BlockPool::default();
        pool.limit(1 << 16);
        let mut block = Block::default();
        for number in 0..100u64 {
            block.push(&mut pool, List::Spans, number.to_le_bytes());
        }
        let held = block.heap_bytes();
        let before = pool.bytes();
        block.release(&mut pool);
        assert_eq!(pool.bytes(), before + held + SLOT);
        let after_first = pool.bytes();
        let measured = allocation_counter::measure(|| {
            let mut block = Block::default();
            for number in 0..100u64 {
                block.push(&mut pool, List::Spans, number.to_le_bytes());
            }
            block.release(&mut pool);
        });
        assert_eq!(measured.count_total, 0);
        assert_eq!(pool.bytes(), after_first);
        pool.limit(0);
        assert_eq!(pool.bytes(), 0);
    }

    proptest! {
        #[test]
        fn lists_in_a_block_are_as_lists_apart(
            steps in proptest::collection::vec((0..LISTS, any::<prop::sample::Index>(), any::<u64>()), 0..600),
        ) {
            let mut pool = BlockPool::default();
            pool.limit(1 << 20);
            let mut block = Block::default();
            let mut lists: [Vec<[u8; 8]>; LISTS] = Default::default();
            for (list, at, number) in steps {
                let at = at.index(lists[list].len() + 1);
                lists[list].insert(at, number.to_le_bytes());
                block.insert(&mut pool, ALL[list], at, number.to_le_bytes());
            }
            for (list, kept) in ALL.into_iter().zip(&lists) {
                prop_assert_eq!(block.elements::<8>(list), &kept[..]);
            }
            let least: usize = lists.iter().map(|list| list.len() * 8).sum();
            prop_assert!(block.len() <= least + least * 3 / 4 + 240);
        }
    }
}
