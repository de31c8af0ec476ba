//! Memory that the allocator keeps although nothing uses it any more.

/// Hands it to the operating system. glibc keeps what is freed below what is not, which after a flood is all of it.
/// Others who allocate wait meanwhile.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn give_back() {
    // SAFETY: it takes no pointer, and locks what it looks at by itself.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
