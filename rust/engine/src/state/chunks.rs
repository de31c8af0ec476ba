//! Things that stand in chunks which come and go as a whole, so that what they take is known to the byte, none moves while
//! another comes, and a flood leaves nothing behind.

use crate::heap::heap;

/// How many things stand in one chunk.
const CHUNK: usize = 32;

#[derive(Debug)]
pub(super) struct Chunks<T> {
    /// Empty ones have no memory.
    chunks: Vec<Box<[T]>>,
    /// How many chunks have memory.
    filled: usize,
    /// Places that are free in those chunks.
    free: Vec<u32>,
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
            filled: 0,
            free: Vec::new(),
        }
    }

    #[inline(always)]
    pub fn get(&self, place: u32) -> Option<&T> {
        let place = place as usize;
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    #[inline(always)]
    pub fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        let place = place as usize;
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)
    }

    /// All of them with their places, free ones included.
    pub fn all(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.chunks).flat_map(|(at, chunk)| {
            let first = at * CHUNK as u32;
            (first..).zip(chunk)
        })
    }

    /// A place that was free.
    pub fn take(&mut self) -> u32
    where
        T: Default,
    {
        match self.free.pop() {
            Some(place) => place,
            None => self.add_chunk(),
        }
    }

    /// Nothing is at this place any more.
    pub fn give(&mut self, place: u32) {
        self.free.push(place);
    }

    /// Adds a chunk; returns its first place, and the others are free.
    fn add_chunk(&mut self) -> u32
    where
        T: Default,
    {
        let gone = self.filled < self.chunks.len();
        let gone = gone.then(|| self.chunks.iter().position(|chunk| chunk.is_empty()));
        let chunk = (0..CHUNK).map(|_| T::default()).collect();
        let at = match gone.flatten() {
            Some(at) => {
                self.chunks[at] = chunk;
                at
            }
            None => {
                self.chunks.push(chunk);
                self.chunks.len() - 1
            }
        };
        self.filled += 1;
        let first = (at * CHUNK) as u32;
        self.free
            .extend((1..CHUNK as u32).rev().map(|next| first + next));
        first
    }

    /// Gives back the chunks in which all places are free, if half of all are.
    pub fn shrink(&mut self, is_free: impl Fn(&T) -> bool) {
        let is_one_in_use = self.filled == 1 && self.free.len() < CHUNK;
        if is_one_in_use || self.free.len() * 2 < self.filled * CHUNK {
            return;
        }
        for chunk in &mut self.chunks {
            if !chunk.is_empty() && chunk.iter().all(&is_free) {
                *chunk = Box::default();
                self.filled -= 1;
            }
        }
        let last = self.chunks.iter().rposition(|chunk| !chunk.is_empty());
        self.chunks.truncate(last.map_or(0, |last| last + 1));
        let chunks = &self.chunks;
        let is_there = |place: &u32| {
            let chunk = chunks.get(*place as usize / CHUNK);
            chunk.is_some_and(|chunk| !chunk.is_empty())
        };
        self.free.retain(is_there);
        self.free.shrink_to(2 * self.free.len());
        self.chunks.shrink_to(2 * self.chunks.len());
    }

    pub fn bytes(&self) -> usize {
        self.filled * heap(CHUNK * size_of::<T>())
            + heap(self.chunks.capacity() * size_of::<Box<[T]>>())
            + heap(self.free.capacity() * 4)
    }

    #[cfg(test)]
    pub fn filled(&self) -> usize {
        self.filled
    }
}
