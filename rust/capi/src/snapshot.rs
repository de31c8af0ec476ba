//! The state of all traces as bytes, out of one engine and into another.

use betrace_engine::{SnapshotKind, Timestamp};
use libc::size_t;

use crate::code::{
    BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_OK, BETRACE_SNAPSHOT_REFUSED,
};
use crate::engine::{BetraceEngine, on_engine};
use crate::memory::{Out, borrow, explain};

/// More spans follow, which an engine restored from the snapshot misses: its live traces end
/// inconclusive.
pub const BETRACE_SNAPSHOT_PERIODIC: i32 = 0;
/// Nothing is consumed any more: an engine restored from the snapshot goes on with every trace.
pub const BETRACE_SNAPSHOT_FINAL: i32 = 1;

/// Writes the state of all traces, for betrace_engine_restore in another process. Counters and
/// violations that were not taken are not part of it. The format is versioned and checksummed. It takes about half of what
/// the state takes. Where the buffer is too small the snapshot waits for the next call of the same kind, which answers the
/// same one. Batches may be consumed meanwhile, and no trace is held for long.
///
/// @param kind BETRACE_SNAPSHOT_PERIODIC or BETRACE_SNAPSHOT_FINAL
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_snapshot(
    engine: *const BetraceEngine,
    kind: i32,
    buf: *mut u8,
    cap: size_t,
    len: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            let out = Out::new(buf, cap, len)?;
            let kind = match kind {
                BETRACE_SNAPSHOT_PERIODIC => SnapshotKind::Periodic,
                BETRACE_SNAPSHOT_FINAL => SnapshotKind::Final,
                _ => return Err(BETRACE_INVALID_ARGUMENT),
            };
            let mut waiting = handle.snapshot.lock();
            let snapshot = match waiting.take() {
                Some((of, snapshot)) if of == kind => snapshot,
                _ => handle.engine.snapshot(kind),
            };
            let code = out.write(&snapshot);
            if code == BETRACE_BUFFER_TOO_SMALL {
                *waiting = Some((kind, snapshot));
            }
            Ok(code)
        })
    }
}

/// Takes over the state of a snapshot, before anything was consumed. A rule that the snapshot does
/// not know with the same meaning sees the restored traces as incomplete.
///
/// @param snapshot what betrace_engine_snapshot wrote
/// @param err_buf,err_cap,err_len  receive a text about BETRACE_SNAPSHOT_REFUSED, as in
///                 betrace_engine_new; the engine is then as it was
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_SNAPSHOT_REFUSED, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle; `snapshot_len` bytes at `snapshot` must be readable; the error
/// buffer must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_restore(
    engine: *const BetraceEngine,
    snapshot: *const u8,
    snapshot_len: size_t,
    now: u64,
    err_buf: *mut u8,
    err_cap: size_t,
    err_len: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            let snapshot = borrow(snapshot, snapshot_len)?;
            let error = Out::wanted(err_buf, err_cap, err_len)?;
            let restored = handle.engine.restore(snapshot, Timestamp(now));
            restored.map(|_| BETRACE_OK).map_err(|fault| {
                explain(&error, &fault.to_string());
                BETRACE_SNAPSHOT_REFUSED
            })
        })
    }
}
