//! Which library this is.

use libc::size_t;

use crate::code::guard;
use crate::memory::Out;

/// Version of this interface. A caller that was written for another number must not go on.
pub const BETRACE_ABI_VERSION: u32 = 4;

/// The number that the library was built with; compare it with BETRACE_ABI_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn betrace_abi_version() -> u32 {
    BETRACE_ABI_VERSION
}

/// Writes the version of the library, such as "0.1.0", in UTF-8 without a closing NUL.
///
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT
///
/// # Safety
/// `cap` bytes at `buf`, and `len`, must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_version(buf: *mut u8, cap: size_t, len: *mut size_t) -> i32 {
    guard(|| {
        // SAFETY: the same contract.
        match unsafe { Out::new(buf, cap, len) } {
            Ok(out) => out.write(env!("CARGO_PKG_VERSION").as_bytes()),
            Err(code) => code,
        }
    })
}
