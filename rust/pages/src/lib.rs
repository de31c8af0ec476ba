//! Memory for much that is touched seldom: the state of traces, of which each span visits another one. A processor finds a page
//! of memory by a table, of which it remembers some thousand lines; a state of a hundred MiB has 25,000 pages of 4 KiB, so that
//! nearly each visit looks the page up in memory first, and in a virtual machine in two tables. Here what is asked for stands
//! in *regions* of 2 MiB, each of which Linux may hold as one large page (`madvise(2)`, `MADV_HUGEPAGE`).
//!
//! [`Pages`] is an allocator for the lists of [`allocator_api2`] and the tables of `hashbrown`. A region has 32 *slabs* of
//! 64 KiB, a slab has pieces of one size, each from the beginning of a cache line on. It is made for few sizes, asked for again and
//! again; who asks for many leaves a slab half full for each. All threads share it behind one lock, so that what is asked for
//! with every span belongs in a pool of who asks. A child of `fork` that runs no other program may wait for that lock for ever.
//!
//! What stands there lies in no cache of the processor when its turn comes: [`prefetch`], [`prefetch_all`] and
//! [`prefetch_lines`] ask for it a little before.
//!
//! ```
//! use betrace_pages::{Boxed, boxed, held};
//!
//! let block: Boxed<[u8]> = boxed(100, || 0);
//! assert_eq!(block.len(), 100);
//! // Two lines of 64 bytes, of which 512 stand in a slab.
//! assert_eq!(held(block.len()), 128);
//! ```
#![allow(
    unsafe_code,
    reason = "an allocator hands out memory, and asks the system and the processor for it"
)]

mod heap;
mod prefetch;
mod region;
mod slab;

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator, Global};
use allocator_api2::vec::Vec;

pub use heap::{LARGEST, held, stranded};
pub use prefetch::{prefetch, prefetch_all, prefetch_lines};
pub use slab::LINE;

/// What it stands in goes back to the regions when it is dropped.
pub type Boxed<T> = allocator_api2::boxed::Box<T, Pages>;

/// The allocator. What is larger than [`LARGEST`], or begins at more than the beginning of a line, comes from the global one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pages;

/// So many of what is made one by one.
pub fn boxed<T>(len: usize, make: impl FnMut() -> T) -> Boxed<[T]> {
    let mut list = Vec::with_capacity_in(len, Pages);
    list.resize_with(len, make);
    list.into_boxed_slice()
}

/// So many bytes, each of them zero. Of many the system gives those that nobody touches no memory.
pub fn zeroed(len: usize) -> Boxed<[u8]> {
    let Ok(layout) = Layout::array::<u8>(len) else {
        unreachable!("nothing has more bytes than addresses");
    };
    if len == 0 {
        return Boxed::default();
    }
    let Ok(bytes) = Pages.allocate_zeroed(layout) else {
        handle_alloc_error(layout);
    };
    // SAFETY: of this allocator, for the layout of so many bytes, all of which are zero, and nobody else has them.
    unsafe { Boxed::from_raw_in(bytes.as_ptr(), Pages) }
}

/// What an allocation of so many bytes costs elsewhere, the allocator's own header and rounding included.
#[inline(always)]
pub const fn heap(bytes: usize) -> usize {
    if bytes == 0 {
        return 0;
    }
    let rounded = (bytes + 8).next_multiple_of(16);
    if rounded < 32 { 32 } else { rounded }
}

fn is_ours(layout: &Layout) -> bool {
    (1..=LARGEST).contains(&layout.size()) && layout.align() <= LINE
}

// SAFETY: a piece belongs to whoever was given it until he gives it back: the heap marks it as taken under its lock, and clears
// the mark when it comes back. It is as large as was asked for, begins at a line, and its region is not unmapped while a piece of it
// is marked. All copies of `Pages` are the same, and none holds memory.
unsafe impl Allocator for Pages {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if !is_ours(&layout) {
            return Global.allocate(layout);
        }
        let piece = heap::take(layout.size()).ok_or(AllocError)?;
        Ok(NonNull::slice_from_raw_parts(piece, layout.size()))
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if !is_ours(&layout) {
            return Global.allocate_zeroed(layout);
        }
        let piece = self.allocate(layout)?;
        // SAFETY: a piece of so many bytes, which was just given.
        unsafe { piece.cast::<u8>().write_bytes(0, piece.len()) };
        Ok(piece)
    }

    #[inline]
    unsafe fn deallocate(&self, piece: NonNull<u8>, layout: Layout) {
        if is_ours(&layout) {
            heap::give(piece);
        } else {
            // SAFETY: the caller's promise; by its layout it came from there.
            unsafe { Global.deallocate(piece, layout) };
        }
    }
}
