//! Asking for memory before it is needed. A line that lies in no cache takes as long to come as hundreds of instructions; one that
//! was asked for comes while others go on. Nothing waits for it, and nothing changes but what the caches hold.
//!
//! Processors other than x86-64 and AArch64 are not asked: there the line comes when it is needed.

use crate::slab::LINE;

/// Asks for the line in which it begins.
#[inline(always)]
pub fn prefetch<T>(one: &T) {
    hint(std::ptr::from_ref(one).cast());
}

/// Asks for all lines in which it lies.
#[inline(always)]
pub fn prefetch_all<T>(one: &T) {
    let begin = std::ptr::from_ref(one).cast::<u8>();
    for at in (0..size_of::<T>()).step_by(LINE) {
        hint(begin.wrapping_add(at));
    }
    hint(begin.wrapping_add(size_of::<T>().saturating_sub(1)));
}

/// Asks for the lines of these bytes.
#[inline(always)]
pub fn prefetch_lines(bytes: &[u8]) {
    let begin = bytes.as_ptr();
    let before = begin.addr() % LINE;
    for at in (0..before + bytes.len()).step_by(LINE) {
        hint(begin.wrapping_sub(before).wrapping_add(at));
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn hint(at: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    // SAFETY: a hint reads and writes nothing, whatever the address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn hint(at: *const u8) {
    // SAFETY: likewise.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{at}]",
            at = in(reg) at,
            options(nostack, preserves_flags, readonly),
        );
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline(always)]
fn hint(_: *const u8) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_as_it_is() {
        let lines = [[7u8; LINE]; 3];
        prefetch(&lines);
        prefetch_all(&lines);
        prefetch_all(&());
        prefetch_lines(lines.as_flattened());
        prefetch_lines(&lines.as_flattened()[LINE - 1..LINE + 1]);
        prefetch_lines(&[]);
        assert!(lines.as_flattened().iter().all(|byte| *byte == 7));
    }
}
