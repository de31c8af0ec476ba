//! The lists of one trace, one behind the other in one block of bytes: most traces are small, and what would be a
//! dozen little vectors is one piece of memory, which its shard keeps for the next trace when it is given back.
//!
//! A list grows by moving those behind it; what grows most stands last. A long list has room of its own, a
//! quarter more than it needs, so that this costs little however long it gets. Sizes come in steps of at most an
//! eighth, each a number of cache lines.

use betrace_pages::{Boxed, LINE, held, prefetch_lines};

use crate::state::block_pool::BlockPool;
use crate::state::record_id::NO_RECORD;
use crate::sync::worked;

/// The lists, in the order in which they stand: what comes with every span stands last, so that little behind it must move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Links,
    Cells,
    Records,
    Spans,
    Shown,
}

pub(super) const LISTS: usize = 5;

/// From this list on most spans add to each.
const GROWING: usize = List::Records as usize;

/// From this length on a list has room of its own, in bytes.
const LONG: usize = 1024;

/// A block that grows has at least so much room, and one for each so many bytes of what it holds, so that a trace does not move
/// with every span.
const SPARE: usize = 64;
const SPARE_SHARE: usize = 6;

/// And the first block of a trace at least so much: one span of a few selectors moves it at most once.
const FIRST: usize = 96;

/// A list that has to grow takes room for so many times as much, where the block has it to spare.
const AHEAD: usize = 3;

/// As traces come and go, each with a block of its own size, one byte for so many lies idle between them: the floods `eights`
/// and `large` held a twentieth more than was accounted for without it.
const BETWEEN: usize = 12;

/// So many lines are asked for ahead at most: all of an ordinary trace, and of a large one no more, however many of its spans come.
const LINES: usize = 16;

#[derive(Debug)]
pub(super) struct Block {
    bytes: Boxed<[u8]>,
    /// Of all lists but the first, which begins where the block does.
    starts: [u32; LISTS - 1],
    lens: [u32; LISTS],
    /// Of the records, the first place that is free.
    pub(super) free_record: u32,
}

impl Default for Block {
    fn default() -> Block {
        Block {
            bytes: Boxed::default(),
            starts: [0; LISTS - 1],
            lens: [0; LISTS],
            free_record: NO_RECORD,
        }
    }
}

impl Block {
    /// Where a list begins.
    #[inline(always)]
    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |at| self.starts[at] as usize)
    }

    /// Where each but the first begins from now on.
    fn begin_at(&mut self, [_, starts @ ..]: [u32; LISTS]) {
        self.starts = starts;
    }

    #[inline(always)]
    pub fn list(&self, list: List) -> &[u8] {
        let at = list as usize;
        let start = self.start(at);
        &self.bytes[start..start + self.lens[at] as usize]
    }

    #[inline(always)]
    pub fn list_mut(&mut self, list: List) -> &mut [u8] {
        let at = list as usize;
        let start = self.start(at);
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
        let end = self.start(index) + len;
        self.bytes[end..end + N].copy_from_slice(&element);
        self.lens[index] += N as u32;
        len / N
    }

    /// So much will be added to each list, in bytes, as far as it is known: where room lacks it is made once for all of them, and
    /// for what comes after as far as the block has some to spare.
    #[inline]
    pub fn reserve(&mut self, pool: &mut BlockPool, wanted: [u32; LISTS]) {
        let lacks = |at: usize| self.room(at) < (self.lens[at] + wanted[at]) as usize;
        if (0..LISTS).any(lacks) {
            self.spread(pool, wanted);
        }
    }

    #[inline(never)]
    fn spread(&mut self, pool: &mut BlockPool, wanted: [u32; LISTS]) {
        let mut rooms = [0; LISTS];
        let (mut least, mut more) = (0, 0);
        for at in 0..LISTS {
            let wanted = wanted[at] as usize;
            rooms[at] = self.lens[at] as usize + wanted.max(self.own_room(at, wanted));
            least += rooms[at];
            if at >= GROWING {
                more += wanted;
            }
        }
        let grown = least > self.bytes.len();
        let grown = grown.then(|| self.grown(pool, least));
        let len = grown.as_ref().map_or(self.bytes.len(), |bytes| bytes.len());
        let again = (len - least) / more.max(1);
        let mut start = 0;
        let mut starts = [0; LISTS];
        for (at, place) in starts.iter_mut().enumerate() {
            *place = start as u32;
            let more = if at >= GROWING { again } else { 0 };
            start += rooms[at] + wanted[at] as usize * more;
        }
        match grown {
            Some(bytes) => self.move_to(pool, bytes, starts),
            None => self.shift(starts),
        }
        self.begin_at(starts);
    }

    /// Memory for so many bytes, and for some more.
    fn grown(&self, pool: &mut BlockPool, least: usize) -> Boxed<[u8]> {
        if self.bytes.is_empty() {
            pool.take_first(least + FIRST)
        } else {
            pool.take_grown(least, SPARE.max(least / SPARE_SHARE))
        }
    }

    /// How much room a list keeps besides what it has, where so much is wanted.
    #[inline(always)]
    fn own_room(&self, at: usize, wanted: usize) -> usize {
        let len = self.lens[at] as usize;
        if len < LONG {
            return 0;
        }
        let (room, own) = (self.room(at), own_room(len));
        if room < len + wanted {
            own
        } else {
            room.min(len + own) - len
        }
    }

    /// Moves all lists into other memory.
    fn move_to(&mut self, pool: &mut BlockPool, bytes: Boxed<[u8]>, starts: [u32; LISTS]) {
        let before = std::mem::replace(&mut self.bytes, bytes);
        for (at, start) in starts.into_iter().enumerate() {
            let len = self.lens[at] as usize;
            if len > 0 {
                let (old, new) = (self.start(at), start as usize);
                self.bytes[new..new + len].copy_from_slice(&before[old..old + len]);
            }
        }
        pool.give(before);
    }

    /// Moves each list to its new place. No list moves over one that has yet to move: first those go that move down, from the
    /// first on, then those that move up, from the last on.
    fn shift(&mut self, starts: [u32; LISTS]) {
        let before: [usize; LISTS] = std::array::from_fn(|at| self.start(at));
        let down = (0..LISTS).filter(|at| (starts[*at] as usize) < before[*at]);
        let up = (0..LISTS).rev();
        let up = up.filter(|at| starts[*at] as usize > before[*at]);
        for at in down.chain(up) {
            let (old, len) = (before[at], self.lens[at] as usize);
            self.bytes.copy_within(old..old + len, starts[at] as usize);
        }
    }

    /// Takes a list's end away: so many bytes are left.
    pub fn truncate(&mut self, list: List, len: usize) {
        let index = list as usize;
        self.lens[index] = self.lens[index].min(len as u32);
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

    /// Adds so many bytes to a list, of whatever was there.
    pub fn lengthen(&mut self, pool: &mut BlockPool, list: List, by: usize) {
        let index = list as usize;
        let len = self.lens[index] as usize;
        if self.room(index) < len + by {
            self.make_room(pool, index, by);
        }
        self.lens[index] += by as u32;
    }

    /// Puts bytes into a list.
    pub fn splice(&mut self, pool: &mut BlockPool, list: List, at: usize, new: &[u8]) {
        let index = list as usize;
        let len = self.lens[index] as usize;
        if self.room(index) < len + new.len() {
            self.make_room(pool, index, new.len());
        }
        let start = self.start(index);
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
        let next = self.starts.get(index);
        let end = next.map_or(self.bytes.len(), |next| *next as usize);
        end - self.start(index)
    }

    #[inline(never)]
    fn make_room(&mut self, pool: &mut BlockPool, index: usize, count: usize) {
        let least = count.max(own_room(self.lens[index] as usize));
        let last = LISTS - 1;
        let end = self.start(last) + self.lens[last] as usize;
        let left = self.bytes.len() - end;
        if index == last || left < least {
            self.relocate(pool, index, least);
            return;
        }
        let more = least + (AHEAD * count).min((left - least) / 4);
        let from = self.start(index + 1);
        self.bytes.copy_within(from..end, from + more);
        for start in &mut self.starts[index..] {
            *start += more as u32;
        }
    }

    /// Moves into a larger block, with room for `more` bytes in one list.
    fn relocate(&mut self, pool: &mut BlockPool, index: usize, more: usize) {
        let mut starts = [0; LISTS];
        let mut least = 0;
        for (at, place) in starts.iter_mut().enumerate() {
            *place = least as u32;
            let own = if at == index {
                more
            } else {
                self.own_room(at, 0)
            };
            least += self.lens[at] as usize + own;
        }
        let bytes = self.grown(pool, least);
        self.move_to(pool, bytes, starts);
        self.begin_at(starts);
    }

    /// In bytes, room included.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// With what lies idle between blocks.
    pub fn heap_bytes(&self) -> usize {
        held(self.bytes.len()) + self.bytes.len() / BETWEEN
    }

    /// Asks for its memory before that is needed.
    #[inline]
    pub fn prefetch(&self) {
        prefetch_few(&self.bytes);
    }

    /// Likewise for that of one list.
    #[inline]
    pub fn prefetch_list(&self, list: List) {
        prefetch_few(self.list(list));
    }

    /// Gives the memory back; nothing is in the lists any more.
    pub fn release(&mut self, pool: &mut BlockPool) {
        let block = std::mem::take(self);
        pool.give(block.bytes);
    }
}

/// Asks for what is there, but not for more than an ordinary trace has.
#[inline(always)]
fn prefetch_few(bytes: &[u8]) {
    let few = &bytes[..bytes.len().min(LINES * LINE)];
    worked(few.len() / (LINES * LINE));
    prefetch_lines(few);
}

/// How much room a list of this length has beyond it.
fn own_room(len: usize) -> usize {
    if len < LONG { 0 } else { len / 4 }
}

#[cfg(test)]
mod tests;
