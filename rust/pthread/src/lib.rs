//! The locks and atomics of pthreads behind those parts of parking_lot's and the standard library's interface that the engine
//! and the C interface use. A build with `--cfg helgrind` takes them, and no other does: valgrind's helgrind and DRD see what
//! a lock guards, and in which order locks are taken, only where the lock is one of pthreads.
#![allow(
    unsafe_code,
    reason = "functions of C, and cells that their locks guard"
)]

mod atomic;
mod mutex;
mod rwlock;

pub use atomic::AtomicU64;
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What a call of pthreads came to: whether it is done, where others may be in its way.
///
/// # Panics
/// On what only a misused lock answers.
fn is_done(code: i32) -> bool {
    assert!([0, libc::EBUSY].contains(&code), "a lock answers {code}");
    code == 0
}
