//! All regions of the process: which slabs of each size have a free piece, and which are free themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ptr::NonNull;
use std::sync::LazyLock;
#[cfg(not(helgrind))]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

#[cfg(helgrind)]
use betrace_pthread::{AtomicU64, Mutex};
#[cfg(not(helgrind))]
use parking_lot::Mutex;

use crate::region::{REGION, Region, SlabBits, slab_bit};
use crate::slab::{LINE, SLAB, Slab, pieces};

/// The largest piece, in bytes: two of them stand in a slab.
pub const LARGEST: usize = SLAB / 2;

const LINES: usize = LARGEST / LINE;

/// So many regions come in small pages, as far as they are touched: who needs little is to hold little.
const FEW: usize = 4;

/// Of the slabs that are free so many may keep their memory, and one more for each so many that are not.
const KEPT: usize = 4;
const KEPT_SHARE: usize = 16;

/// So many bytes of slabs may have no piece, and one more of each so many, before they are [`stranded`].
const STRAY: usize = 32 << 20;
const STRAY_SHARE: usize = 8;

/// A list of slabs keeps room for so many.
const ROOM: usize = 64;

/// What a piece of so many bytes takes of its slab, its share of what is left at the slab's end included; in bytes.
#[inline]
pub const fn held(bytes: usize) -> usize {
    let lines = bytes.div_ceil(LINE);
    match lines {
        0 => 0,
        1..=LINES => SLAB / pieces(lines),
        _ => crate::heap(bytes),
    }
}

/// A region by its number, and a slab of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SlabPlace {
    region: usize,
    slab: usize,
}

#[derive(Debug)]
struct Heap {
    /// By number; a number that none has stands in `unused`.
    regions: Vec<Option<Box<Region>>>,
    unused: Vec<usize>,
    by_address: BTreeMap<usize, usize>,
    /// Regions with a free slab.
    with_room: BTreeSet<usize>,
    /// Regions with a free slab that holds memory.
    with_idle: BTreeSet<usize>,
    /// Slabs that have a free piece, by the lines of a piece.
    open: [Vec<SlabPlace>; LINES + 1],
    /// How many slabs are taken, and how many are free that hold memory.
    taken: usize,
    idle: usize,
    /// How many bytes of the taken slabs pieces have, their shares of what is left at the end included.
    pieces: usize,
}

static STRANDED: AtomicU64 = AtomicU64::new(0);

static HEAP: LazyLock<Mutex<Heap>> = LazyLock::new(|| Mutex::new(Heap::new()));

/// A piece of at least so many bytes, at most [`LARGEST`]. `None`: the system has no more.
pub(crate) fn take(bytes: usize) -> Option<NonNull<u8>> {
    let mut heap = HEAP.lock();
    let piece = heap.take(bytes.div_ceil(LINE));
    STRANDED.store(heap.stranded() as u64, Ordering::Relaxed);
    piece
}

/// The piece is free again.
///
/// # Panics
/// If it is none, or was free.
pub(crate) fn give(piece: NonNull<u8>) {
    let mut heap = HEAP.lock();
    let gone = heap.give(piece);
    STRANDED.store(heap.stranded() as u64, Ordering::Relaxed);
    drop(heap);
    // What others need not wait for.
    drop(gone);
}

/// How many bytes of the process's slabs no piece has, beyond an eighth of all and 32 MiB: a slab has pieces of one size, and stays as long as one of
/// them does, so that whoever keeps few pieces of many sizes holds more than those. To be counted where memory is bounded.
pub fn stranded() -> usize {
    STRANDED.load(Ordering::Relaxed) as usize
}

impl Heap {
    fn new() -> Heap {
        Heap {
            regions: Vec::new(),
            unused: Vec::new(),
            by_address: BTreeMap::new(),
            with_room: BTreeSet::new(),
            with_idle: BTreeSet::new(),
            open: [const { Vec::new() }; LINES + 1],
            taken: 0,
            idle: 0,
            pieces: 0,
        }
    }

    fn take(&mut self, lines: usize) -> Option<NonNull<u8>> {
        let at = match self.open[lines].last() {
            Some(at) => *at,
            None => self.take_slab(lines)?,
        };
        let region = self.regions[at.region].as_mut()?;
        let piece = region.slabs[at.slab].take()?;
        self.pieces += SLAB / pieces(lines);
        if region.slabs[at.slab].is_full() {
            self.open[lines].pop();
        }
        Some(region.address(at.slab, piece))
    }

    /// Returns a region that is to go.
    fn give(&mut self, piece: NonNull<u8>) -> Vec<Box<Region>> {
        let address = piece.as_ptr().addr();
        let within = address % REGION;
        let region = self.by_address[&(address - within)];
        let at = SlabPlace {
            region,
            slab: within / SLAB,
        };
        let slab = self.slab(at);
        let (lines, was_full) = (slab.lines, slab.is_full());
        slab.give(within % SLAB);
        let is_empty = slab.is_empty();
        self.pieces -= SLAB / pieces(lines);
        if was_full {
            self.open(lines, at);
        }
        if is_empty {
            self.close(lines, at);
            self.give_slab(at)
        } else {
            Vec::new()
        }
    }

    fn stranded(&self) -> usize {
        let held = self.taken * SLAB;
        (held - self.pieces).saturating_sub(STRAY + held / STRAY_SHARE)
    }

    fn slab(&mut self, at: SlabPlace) -> &mut Slab {
        let Some(region) = &mut self.regions[at.region] else {
            unreachable!("a slab stands in a region");
        };
        &mut region.slabs[at.slab]
    }

    /// It has a free piece.
    fn open(&mut self, lines: usize, at: SlabPlace) {
        self.slab(at).place = self.open[lines].len();
        self.open[lines].push(at);
    }

    fn close(&mut self, lines: usize, at: SlabPlace) {
        let place = self.slab(at).place;
        self.open[lines].swap_remove(place);
        if let Some(moved) = self.open[lines].get(place).copied() {
            self.slab(moved).place = place;
        }
        let open = &mut self.open[lines];
        if open.capacity() > ROOM.max(4 * open.len()) {
            open.shrink_to(2 * open.len());
        }
    }

    /// A slab for pieces of so many lines, in the first region that has one.
    fn take_slab(&mut self, lines: usize) -> Option<SlabPlace> {
        let number = match self.with_room.first() {
            Some(number) => *number,
            None => self.add_region()?,
        };
        let region = self.regions[number].as_mut()?;
        let slab = region.free.trailing_zeros() as usize;
        let bit = slab_bit(slab);
        self.idle -= usize::from(region.idle() & bit != 0);
        self.taken += 1;
        region.free &= !bit;
        if region.used & bit == 0 {
            region.used |= bit;
            region.fill();
        }
        if region.idle() == 0 {
            self.with_idle.remove(&number);
        }
        region.slabs[slab] = Slab::new(lines);
        if region.free == 0 {
            self.with_room.remove(&number);
        }
        let at = SlabPlace {
            region: number,
            slab,
        };
        self.open(lines, at);
        Some(at)
    }

    /// Nothing stands in it any more. Where more is free than may keep its memory, it goes back to the system, of the last
    /// regions first: what comes next stands in the first.
    fn give_slab(&mut self, at: SlabPlace) -> Vec<Box<Region>> {
        let mut gone = Vec::new();
        let Some(region) = &mut self.regions[at.region] else {
            return gone;
        };
        region.free |= slab_bit(at.slab);
        self.with_room.insert(at.region);
        self.with_idle.insert(at.region);
        self.taken -= 1;
        self.idle += 1;
        while self.idle > KEPT + self.taken / KEPT_SHARE {
            let Some(number) = self.with_idle.last().copied() else {
                break;
            };
            gone.extend(self.forget_idle(number));
        }
        gone
    }

    /// The region goes, if all of it is free, or else a slab's memory.
    fn forget_idle(&mut self, number: usize) -> Option<Box<Region>> {
        let region = self.regions[number].as_mut()?;
        let idle = region.idle();
        if region.free == SlabBits::MAX {
            self.idle -= idle.count_ones() as usize;
            return self.take_region(number);
        }
        self.idle -= 1;
        region.forget(idle.trailing_zeros() as usize);
        if region.idle() == 0 {
            self.with_idle.remove(&number);
        }
        None
    }

    fn add_region(&mut self) -> Option<usize> {
        let region = Box::new(Region::new(self.by_address.len() >= FEW)?);
        let address = region.begins.as_ptr().addr();
        let number = self.unused.pop().unwrap_or(self.regions.len());
        match self.regions.get_mut(number) {
            Some(place) => *place = Some(region),
            None => self.regions.push(Some(region)),
        }
        self.by_address.insert(address, number);
        self.with_room.insert(number);
        Some(number)
    }

    fn take_region(&mut self, number: usize) -> Option<Box<Region>> {
        self.with_room.remove(&number);
        self.with_idle.remove(&number);
        let region = self.regions[number].take()?;
        self.by_address.remove(&region.begins.as_ptr().addr());
        self.unused.push(number);
        Some(region)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::region::SLABS;

    /// How many slabs are taken, how many free ones hold memory, and how many regions there are.
    fn left(heap: &Heap) -> (usize, usize, usize) {
        (heap.taken, heap.idle, heap.by_address.len())
    }

    #[test]
    fn a_piece_takes_its_share_of_a_slab() {
        let mut heap = Heap::new();
        for bytes in [1, 64, 65, 4864, 10_000, LARGEST - 64, LARGEST] {
            let share = SLAB / held(bytes);
            let all: Vec<_> = (0..=2 * share)
                .map(|_| heap.take(bytes.div_ceil(LINE)).unwrap())
                .collect();
            assert_eq!(heap.taken, 3, "{bytes}");
            for piece in all {
                heap.give(piece);
            }
            assert_eq!(heap.taken, 0);
        }
        assert_eq!([held(65), held(10_000)], [128, SLAB / 6]);
        assert!(held(LARGEST + 1) < LARGEST + 32);
    }

    #[test]
    fn what_went_back_leaves_little_behind() {
        let mut heap = Heap::new();
        let all: Vec<_> = (0..100_000).map(|_| heap.take(16).unwrap()).collect();
        let slabs = 100_000usize.div_ceil(64);
        assert_eq!(left(&heap), (slabs, 0, slabs.div_ceil(SLABS)));
        // One of each region stays.
        let mut kept: Vec<_> = all
            .chunks(64 * SLABS)
            .map(|of_region| of_region[0])
            .collect();
        for piece in &all {
            if !kept.contains(piece) {
                heap.give(*piece);
            }
        }
        let (taken, idle, regions) = left(&heap);
        assert_eq!((taken, regions), (kept.len(), kept.len()));
        assert!(idle <= KEPT + kept.len() / KEPT_SHARE, "{idle}");
        // What comes next stands in the first of them, and regions that are empty then go.
        kept.extend((0..1000).map(|_| heap.take(16).unwrap()));
        assert_eq!(heap.by_address.len(), regions);
        for piece in kept {
            heap.give(piece);
        }
        let (taken, idle, regions) = left(&heap);
        assert_eq!(taken, 0);
        assert!(idle <= KEPT && regions <= KEPT, "{idle} in {regions}");
        assert!(heap.with_idle.len() <= idle);
    }

    #[test]
    #[should_panic(expected = "given back twice")]
    fn a_piece_is_not_given_back_twice() {
        let mut heap = Heap::new();
        let _other = heap.take(3).unwrap();
        let piece = heap.take(3).unwrap();
        heap.give(piece);
        heap.give(piece);
    }

    proptest! {
        #[test]
        fn no_two_have_the_same_memory(
            steps in proptest::collection::vec((1..=LINES, any::<prop::sample::Index>(), 0..5), 0..400),
        ) {
            let mut heap = Heap::new();
            // By address, how many bytes.
            let mut pieces: BTreeMap<usize, (usize, NonNull<u8>)> = BTreeMap::new();
            for (lines, which, what) in steps {
                if what < 2 && !pieces.is_empty() {
                    let at = *which.get(&pieces.keys().copied().collect::<Vec<_>>());
                    heap.give(pieces.remove(&at).unwrap().1);
                    continue;
                }
                // Mostly of few sizes.
                let lines = if what == 4 { lines } else { lines % 5 + 1 };
                let piece = heap.take(lines).unwrap();
                let begins = piece.as_ptr().addr();
                prop_assert!(begins.is_multiple_of(LINE));
                let before = pieces.range(..=begins).next_back();
                prop_assert!(before.is_none_or(|(at, (len, _))| at + len <= begins));
                let behind = pieces.range(begins..).next();
                prop_assert!(behind.is_none_or(|(at, _)| begins + lines * LINE <= *at));
                pieces.insert(begins, (lines * LINE, piece));
                for (at, places) in heap.open.iter().enumerate() {
                    for (number, place) in places.iter().enumerate() {
                        let slab = &heap.regions[place.region].as_ref().unwrap().slabs[place.slab];
                        prop_assert!(slab.place == number && slab.lines == at && !slab.is_full());
                    }
                }
            }
            for (_, piece) in pieces.into_values() {
                heap.give(piece);
            }
            prop_assert_eq!(heap.taken, 0);
            prop_assert!(heap.open.iter().all(Vec::is_empty));
        }
    }
}
