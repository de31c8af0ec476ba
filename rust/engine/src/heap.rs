//! What memory costs, so that all state that grows with input is bounded in bytes.

/// What an allocation of `bytes` costs, the allocator's own header and rounding included.
#[inline(always)]
pub(crate) const fn heap(bytes: usize) -> usize {
    if bytes == 0 {
        return 0;
    }
    let rounded = (bytes + 8).next_multiple_of(16);
    if rounded < 32 { 32 } else { rounded }
}
