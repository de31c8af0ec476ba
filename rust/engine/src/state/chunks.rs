//! Things that stand in chunks which come and go as a whole, so that what they take is known to the byte, none moves while
//! another comes, and a flood leaves nothing behind.

use betrace_pages::{Boxed, boxed, held, prefetch_all};

use crate::heap::heap;
use crate::sync::worked;

/// How many things stand in one chunk: one for each bit of what says which are free.
const CHUNK: usize = u32::BITS as usize;

/// Of the chunks with memory, one for each so many, and one more, may stand ready with nothing in it.
const READY: usize = 8;

/// To look at so many chunks, of which nothing is read but what says which places are free, is work for one.
const LIGHT: usize = 16;

/// Lists of chunks keep room for so many.
const FEW: usize = 16;

#[derive(Debug)]
struct Chunk<T> {
    /// Empty without memory.
    things: Boxed<[T]>,
    /// A bit for each place that is free.
    free: u32,
}

impl<T> Chunk<T> {
    fn has_memory(&self) -> bool {
        !self.things.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct Chunks<T> {
    chunks: Vec<Chunk<T>>,
    /// Those in which a place is free, the next to be taken last. Some may have lost their memory since.
    open: Vec<u32>,
    /// Those without memory, but for such as stand in `open`.
    bare: Vec<u32>,
    /// How many chunks have memory, and in how many of them all is free.
    filled: usize,
    ready: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Chunks<T> {
        Chunks::new()
    }
}

impl<T> Chunks<T> {
    pub const fn new() -> Chunks<T> {
        Chunks {
            chunks: Vec::new(),
            open: Vec::new(),
            bare: Vec::new(),
            filled: 0,
            ready: 0,
        }
    }

    #[inline(always)]
    pub fn get(&self, place: u32) -> Option<&T> {
        worked(1);
        let place = place as usize;
        self.chunks.get(place / CHUNK)?.things.get(place % CHUNK)
    }

    /// Asks for what stands there before it is needed.
    #[inline(always)]
    pub fn prefetch(&self, place: u32) {
        if let Some(thing) = self.get(place) {
            prefetch_all(thing);
        }
    }

    #[inline(always)]
    pub fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        worked(1);
        let place = place as usize;
        let chunk = self.chunks.get_mut(place / CHUNK)?;
        chunk.things.get_mut(place % CHUNK)
    }

    /// Those of some chunks, at most so many from `first` on, with their places, free ones included. `None`: there are no
    /// such chunks.
    pub fn some(&self, first: usize, most: usize) -> Option<impl Iterator<Item = (u32, &T)>> {
        let chunks = self.chunks.get(first..)?;
        let chunks = &chunks[..most.min(chunks.len())];
        worked(CHUNK * chunks.len());
        let chunks = (first..).zip(chunks);
        (first < self.chunks.len()).then(|| {
            chunks.flat_map(|(at, chunk)| {
                let first = (at * CHUNK) as u32;
                (first..).zip(chunk.things.iter())
            })
        })
    }

    /// A place that was free.
    pub fn take(&mut self) -> u32
    where
        T: Default,
    {
        let at = self.with_room();
        let chunk = &mut self.chunks[at as usize];
        if chunk.free == u32::MAX {
            self.ready -= 1;
        }
        let place = chunk.free.trailing_zeros();
        chunk.free &= chunk.free - 1;
        if chunk.free == 0 {
            self.open.pop();
        }
        at * CHUNK as u32 + place
    }

    /// A chunk in which a place is free: the last of those that are open.
    fn with_room(&mut self) -> u32
    where
        T: Default,
    {
        while let Some(at) = self.open.last().copied() {
            if self.chunks[at as usize].has_memory() {
                return at;
            }
            self.open.pop();
            self.bare.push(at);
        }
        let at = self.bare.pop().unwrap_or(self.chunks.len() as u32);
        let chunk = Chunk {
            things: boxed(CHUNK, T::default),
            free: u32::MAX,
        };
        match self.chunks.get_mut(at as usize) {
            Some(bare) => *bare = chunk,
            None => self.chunks.push(chunk),
        }
        self.open.push(at);
        self.filled += 1;
        self.ready += 1;
        at
    }

    /// Nothing is at this place any more.
    pub fn give(&mut self, place: u32) {
        let at = place / CHUNK as u32;
        let Some(chunk) = self.chunks.get_mut(at as usize) else {
            return;
        };
        if chunk.free == 0 {
            self.open.push(at);
        }
        chunk.free |= 1 << (place % CHUNK as u32);
        if chunk.free == u32::MAX {
            self.ready += 1;
            self.drop_ready(at as usize);
        }
    }

    /// A chunk in which all is free goes, where more stand ready than may.
    fn drop_ready(&mut self, at: usize) {
        if self.ready > 1 + self.filled / READY {
            worked(1);
            self.chunks[at].things = Boxed::default();
            self.ready -= 1;
            self.filled -= 1;
        }
    }

    /// Gives back what stands ready, as far as there is more than may, and all where nothing is held.
    pub fn shrink(&mut self) {
        if self.ready == self.filled {
            *self = Chunks::new();
            return;
        }
        worked(self.chunks.len() / LIGHT);
        // What is left ready is better at the front.
        for at in (0..self.chunks.len()).rev() {
            let chunk = &self.chunks[at];
            if chunk.free == u32::MAX && chunk.has_memory() {
                self.drop_ready(at);
            }
        }
        let last = self.chunks.iter().rposition(Chunk::has_memory);
        let len = last.map_or(0, |last| last + 1);
        self.chunks.truncate(len);
        for list in [&mut self.open, &mut self.bare] {
            list.retain(|at| (*at as usize) < len);
            if list.capacity() > FEW.max(4 * list.len()) {
                list.shrink_to(2 * list.len());
            }
        }
        if self.chunks.capacity() > FEW.max(4 * len) {
            self.chunks.shrink_to(2 * len);
        }
    }

    pub fn bytes(&self) -> usize {
        self.filled * held(CHUNK * size_of::<T>())
            + heap(self.chunks.capacity() * size_of::<Chunk<T>>())
            + heap(self.open.capacity() * 4)
            + heap(self.bare.capacity() * 4)
    }

    #[cfg(test)]
    pub fn filled(&self) -> usize {
        self.filled
    }
}
