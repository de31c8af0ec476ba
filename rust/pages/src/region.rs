//! A region: 2 MiB from the system, from the beginning of a large page on.

use std::ptr::NonNull;

use crate::slab::{SLAB, Slab};

/// How large a region is, in bytes: a large page of x86-64, and of AArch64 with small ones of 4 KiB.
pub(crate) const REGION: usize = 2 << 20;

pub(crate) const SLABS: usize = REGION / SLAB;

/// A bit for each slab.
pub(crate) type SlabBits = u32;
const _: () = assert!(SLABS == SlabBits::BITS as usize);

#[derive(Debug)]
pub(crate) struct Region {
    pub begins: NonNull<u8>,
    /// Which slabs are free, and which hold memory that somebody used.
    pub free: SlabBits,
    pub used: SlabBits,
    /// Whether it may be a large page, and is one as far as we ask for it.
    is_large: bool,
    pub slabs: [Slab; SLABS],
}

// SAFETY: it owns its memory, and who has the region alone may hand pieces of it out.
unsafe impl Send for Region {}

pub(crate) fn slab_bit(slab: usize) -> SlabBits {
    1 << slab
}

impl Region {
    /// `None`: the system has no more.
    pub fn new(is_large: bool) -> Option<Region> {
        Some(Region {
            begins: system::map(is_large)?,
            free: SlabBits::MAX,
            used: 0,
            is_large,
            slabs: std::array::from_fn(|_| Slab::new(1)),
        })
    }

    /// Of what begins so many bytes behind the beginning of a slab, at most as many as a slab has.
    pub fn address(&self, slab: usize, within: usize) -> NonNull<u8> {
        debug_assert!(slab < SLABS && within < SLAB);
        // SAFETY: a slab's number is less than `SLABS`, so this stays within the region.
        unsafe { self.begins.add(slab * SLAB + within) }
    }

    /// The free slabs that hold memory.
    pub fn idle(&self) -> SlabBits {
        self.free & self.used
    }

    /// Hands the memory of a free slab back to the system, which gives other memory in its place when it is touched. While it has
    /// none the region is no large page: Linux would make it whole again behind our back (`khugepaged`).
    pub fn forget(&mut self, slab: usize) {
        if self.is_large {
            system::be_large(self.begins, false);
        }
        system::forget(self.address(slab, 0));
        self.used &= !slab_bit(slab);
    }

    /// All of its slabs hold memory.
    pub fn fill(&mut self) {
        if self.is_large && self.used == SlabBits::MAX {
            system::be_large(self.begins, true);
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        system::unmap(self.begins);
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::ptr::{NonNull, null_mut};

    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

    use super::{REGION, SLAB};

    pub fn map(is_large: bool) -> Option<NonNull<u8>> {
        let (size, protection) = (2 * REGION, ProtFlags::READ | ProtFlags::WRITE);
        // SAFETY: new memory, at no address of ours.
        let mapped = unsafe { mmap_anonymous(null_mut(), size, protection, MapFlags::PRIVATE) };
        let mapped = mapped.ok()?.cast::<u8>();
        let before = mapped.align_offset(REGION);
        // SAFETY: within what was mapped, of which nothing is used yet: before the region, and behind it. What could not be
        // given back is address space alone.
        let begins = unsafe {
            let begins = mapped.add(before);
            if before > 0 {
                _ = munmap(mapped.cast(), before);
            }
            _ = munmap(begins.add(REGION).cast(), REGION - before);
            begins
        };
        let begins = NonNull::new(begins)?;
        if is_large {
            be_large(begins, true);
        }
        Some(begins)
    }

    /// A kernel without large pages gives small ones.
    pub fn be_large(region: NonNull<u8>, is_large: bool) {
        let advice = if is_large {
            Advice::LinuxHugepage
        } else {
            Advice::LinuxNoHugepage
        };
        // SAFETY: a region; what stands in it stays.
        unsafe { _ = madvise(region.as_ptr().cast(), REGION, advice) };
    }

    pub fn unmap(region: NonNull<u8>) {
        // SAFETY: mapped above, and nothing stands in it any more. What cannot be unmapped is lost.
        unsafe { _ = munmap(region.as_ptr().cast(), REGION) };
    }

    pub fn forget(slab: NonNull<u8>) {
        // SAFETY: a slab of a region, in which nothing stands.
        unsafe { _ = madvise(slab.as_ptr().cast(), SLAB, Advice::LinuxDontNeed) };
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::alloc::{Layout, alloc, dealloc};
    use std::ptr::NonNull;

    use super::REGION;

    const LAYOUT: Layout = match Layout::from_size_align(REGION, REGION) {
        Ok(layout) => layout,
        Err(_) => Layout::new::<u8>(),
    };

    pub fn map(_: bool) -> Option<NonNull<u8>> {
        // SAFETY: a region is not empty.
        NonNull::new(unsafe { alloc(LAYOUT) })
    }

    pub fn unmap(region: NonNull<u8>) {
        // SAFETY: from above, and nothing stands in it any more.
        unsafe { dealloc(region.as_ptr(), LAYOUT) };
    }

    pub fn be_large(_: NonNull<u8>, _: bool) {}

    pub fn forget(_: NonNull<u8>) {}
}
