//! What the traces of a shard share: blocks of memory that none has, kept for the next one that needs a block of their size,
//! and the texts of their records.

use betrace_pages::{Boxed, LINE, held, zeroed};

use crate::state::texts::Texts;
use crate::sync::worked;

/// The smallest block, and the largest that is kept for another trace.
const LEAST: usize = LINE;
const MOST_KEPT: usize = 4096;

/// In place of a block of one size, those of so many next ones are taken.
const LARGER: usize = 2;

/// A list of free blocks keeps room for so many.
const FEW: usize = 16;

/// So many go, at most, for one that comes.
const GONE_FOR_ONE: usize = 4;

/// A trace begins with a block as large as most of those before it needed, up to so many bytes: that loses one share with each
/// trace that begins, and gains the other with each block that is too small. What few long traces need says nothing of
/// the others: a block that has to be more than twice as large does not count.
const USUAL: usize = 2048;
const SHRINKS_BY: usize = 128;
const GROWS_BY: usize = 16;

/// How many sizes are kept apart: one for each line up to sixteen of them, then eight for each doubling, up to 4096 bytes.
const SIZES: usize = 32;
const STEPS: usize = 16;

/// Blocks that no trace has, for the next that needs one of their size.
#[derive(Debug)]
pub(crate) struct BlockPool {
    free: [Vec<Boxed<[u8]>>; SIZES],
    bytes: usize,
    /// Beyond so many bytes, blocks go back to the allocator.
    most: usize,
    /// How large the block of a trace usually gets, in bytes.
    usual: usize,
    /// What the records of all its traces name.
    pub texts: Texts,
}

impl Default for BlockPool {
    fn default() -> BlockPool {
        BlockPool {
            free: [const { Vec::new() }; SIZES],
            bytes: 0,
            most: 0,
            usual: 0,
            texts: Texts::default(),
        }
    }
}

impl BlockPool {
    /// Keeps at most so many bytes from now on, and hands at most so many blocks back at once. `false`: more have to go.
    pub fn limit(&mut self, most: usize, at_once: usize) -> bool {
        self.most = most;
        self.texts.shrink();
        let mut left = at_once;
        for free in &mut self.free {
            while left > 0 && self.bytes > most {
                let Some(block) = free.pop() else {
                    break;
                };
                self.bytes -= held(block.len()) + SLOT;
                left -= 1;
                worked(1);
            }
            let is_sparse = free.capacity() > 4 * free.len();
            if is_sparse && (most == 0 || free.capacity() > FEW) {
                free.shrink_to(2 * free.len());
            }
        }
        self.bytes <= most
    }

    /// The first block of a trace.
    pub(super) fn take_first(&mut self, least: usize) -> Boxed<[u8]> {
        let shrunk = self.usual - self.usual.div_ceil(SHRINKS_BY);
        self.usual = shrunk.max(least).min(USUAL);
        self.take(self.usual.max(least))
    }

    /// A block, with some to spare, in place of one that was too small.
    pub(super) fn take_grown(&mut self, least: usize, spare: usize) -> Boxed<[u8]> {
        if least <= USUAL.min(2 * self.usual) {
            self.usual += self.usual / GROWS_BY;
        }
        self.take(least + spare)
    }

    fn take(&mut self, least: usize) -> Boxed<[u8]> {
        let size = size_for(least);
        if size <= MOST_KEPT {
            // One that is a quarter larger will do.
            let index = size_index(size);
            let near = self.free[index..].iter_mut().take(1 + LARGER);
            if let Some(bytes) = near.filter_map(Vec::pop).next() {
                self.bytes -= held(bytes.len()) + SLOT;
                return bytes;
            }
        }
        zeroed(size)
    }

    pub(super) fn give(&mut self, bytes: Boxed<[u8]>) {
        let size = bytes.len();
        if !(LEAST..=MOST_KEPT).contains(&size) {
            return;
        }
        let weight = held(size) + SLOT;
        for _ in 0..GONE_FOR_ONE {
            if self.bytes + weight <= self.most {
                break;
            }
            // One goes of the size of which most bytes lie here: the others are asked for.
            let lying =
                |free: &&mut Vec<Boxed<[u8]>>| free.len() * free.last().map_or(0, |one| one.len());
            let most = self.free.iter_mut().max_by_key(lying);
            let Some(other) = most.and_then(Vec::pop) else {
                return;
            };
            self.bytes -= held(other.len()) + SLOT;
        }
        if self.bytes + weight > self.most {
            return;
        }
        self.bytes += weight;
        self.free[size_index(size)].push(bytes);
    }

    pub fn bytes(&self) -> usize {
        self.bytes + self.texts.bytes()
    }
}

/// What a list of free blocks holds for each, room for as many more included.
pub(super) const SLOT: usize = 2 * size_of::<Boxed<[u8]>>();

/// The size of a block that holds at least so many bytes: lines, as many as the next of eight steps of each doubling.
fn size_for(least: usize) -> usize {
    let lines = least.div_ceil(LINE).max(1);
    let step = (lines.next_power_of_two() / STEPS).max(1);
    lines.next_multiple_of(step) * LINE
}

fn size_index(size: usize) -> usize {
    let lines = size / LINE;
    let power = lines.next_power_of_two().max(STEPS);
    let doublings = (power / STEPS).ilog2() as usize;
    (doublings * STEPS / 2 + lines * STEPS / power - 1).min(SIZES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many times a trace that needs so much grows, and how large it is then.
    fn begun(pool: &mut BlockPool, needs: usize) -> (usize, usize) {
        let mut size = pool.take_first(100).len();
        let mut grown = 0;
        while size < needs {
            size = pool.take_grown(size + 24, size / 6).len();
            grown += 1;
        }
        (grown, size)
    }

    #[test]
    fn a_trace_begins_as_large_as_those_before_it_grew_and_small_again_after_small_ones() {
        let mut pool = BlockPool::default();
        let of_alike: Vec<_> = (0..1000).map(|_| begun(&mut pool, 600)).collect();
        let grown: usize = of_alike.iter().map(|(grown, _)| grown).sum();
        assert!(grown < 200, "{grown}");
        assert!(of_alike.iter().all(|(_, size)| (600..800).contains(size)));
        let small: Vec<_> = (0..400).map(|_| begun(&mut pool, 90)).collect();
        assert_eq!(small[399], (0, size_for(100)));
    }

    #[test]
    fn a_trace_is_small_among_few_that_are_long() {
        let mut pool = BlockPool::default();
        let all = (0..5000).map(|number| {
            let is_long = number % 20 == 0;
            (is_long, begun(&mut pool, if is_long { 9000 } else { 300 }))
        });
        let small = all
            .filter(|(is_long, _)| !is_long)
            .map(|(_, (_, size))| size);
        let small: Vec<usize> = small.collect();
        let mean = small.iter().sum::<usize>() / small.len();
        assert!(mean < 400, "{mean}");
    }

    #[test]
    fn a_size_has_an_index_of_its_own_and_little_waste() {
        let mut seen: Vec<Option<usize>> = vec![None; SIZES];
        for least in 1..=MOST_KEPT {
            let size = size_for(least);
            assert!(size >= least && size.is_multiple_of(LEAST), "{least}");
            assert!(size <= (least + least / 8 + LEAST - 1), "{least}: {size}");
            if size <= MOST_KEPT {
                assert_eq!(*seen[size_index(size)].get_or_insert(size), size);
            }
        }
    }
}
