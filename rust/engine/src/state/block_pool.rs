//! What the traces of a shard share: blocks of memory that none has, kept for the next one that needs a block of their size,
//! working memory, and the texts of their records.

use crate::heap::heap;
use crate::state::counting::FedCounts;
use crate::state::texts::Texts;
use crate::sync::worked;

/// The smallest block, and the largest that is kept for another trace.
const LEAST: usize = 56;
const MOST_KEPT: usize = 4096 - 8;

/// In place of a block of one size, those of so many next ones are taken.
const LARGER: usize = 2;

/// Room for so many words is kept.
const KEPT_WORDS: usize = 1024;

/// A list of free blocks keeps room for so many.
const FEW: usize = 16;

/// So many go, at most, for one that comes.
const GONE_FOR_ONE: usize = 4;

/// How many sizes are kept apart: eight for each doubling, from 64 bytes to 4096.
const SIZES: usize = 56;

/// Blocks that no trace has, for the next that needs one of their size.
#[derive(Debug)]
pub(crate) struct BlockPool {
    free: [Vec<Box<[u8]>>; SIZES],
    bytes: usize,
    /// Beyond so many bytes, blocks go back to the allocator.
    most: usize,
    /// What a span notes, and what a trace counts, that takes from here.
    pub(super) words: Vec<u32>,
    pub(super) counting: FedCounts,
    /// What the records of all its traces name.
    pub texts: Texts,
}

impl Default for BlockPool {
    fn default() -> BlockPool {
        BlockPool {
            free: [const { Vec::new() }; SIZES],
            bytes: 0,
            most: 0,
            words: Vec::new(),
            counting: FedCounts::default(),
            texts: Texts::default(),
        }
    }
}

impl BlockPool {
    /// Keeps at most so many bytes from now on, and hands at most so many blocks back at once. `false`: more have to go.
    pub fn limit(&mut self, most: usize, at_once: usize) -> bool {
        self.most = most;
        if self.words.capacity() > KEPT_WORDS {
            self.words = Vec::new();
        }
        self.counting.shrink();
        self.texts.shrink();
        let mut left = at_once;
        for free in &mut self.free {
            while left > 0 && self.bytes > most {
                let Some(block) = free.pop() else {
                    break;
                };
                self.bytes -= heap(block.len()) + SLOT;
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

    pub(super) fn take(&mut self, least: usize) -> Box<[u8]> {
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

    pub(super) fn give(&mut self, bytes: Box<[u8]>) {
        let size = bytes.len();
        if !(LEAST..=MOST_KEPT).contains(&size) {
            return;
        }
        let weight = heap(size) + SLOT;
        for _ in 0..GONE_FOR_ONE {
            if self.bytes + weight <= self.most {
                break;
            }
            // One goes of the size of which most bytes lie here: the others are asked for.
            let lying =
                |free: &&mut Vec<Box<[u8]>>| free.len() * free.last().map_or(0, |one| one.len());
            let most = self.free.iter_mut().max_by_key(lying);
            let Some(other) = most.and_then(Vec::pop) else {
                return;
            };
            self.bytes -= heap(other.len()) + SLOT;
        }
        if self.bytes + weight > self.most {
            return;
        }
        self.bytes += weight;
        self.free[size_index(size)].push(bytes);
    }

    pub fn bytes(&self) -> usize {
        let words = heap(self.words.capacity() * size_of::<u32>());
        self.bytes + words + self.counting.bytes() + self.texts.bytes()
    }
}

/// What a list of free blocks holds for each, room for as many more included.
pub(super) const SLOT: usize = 2 * size_of::<Box<[u8]>>();

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
    use super::*;

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
}
