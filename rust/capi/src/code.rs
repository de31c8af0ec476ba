//! What calls answer, and the guard that keeps a panic inside.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The call did what it says.
pub const BETRACE_OK: i32 = 0;
/// A pointer is NULL where it must not be, a length is absurd, or a number is none of those allowed.
/// Nothing was done.
pub const BETRACE_INVALID_ARGUMENT: i32 = 1;
/// The buffer is too small. Its length argument says how many bytes are needed. Nothing was lost:
/// call again with a larger one.
pub const BETRACE_BUFFER_TOO_SMALL: i32 = 2;
/// The rules have errors (see betrace_rules_report) or cannot be evaluated. Nothing was changed.
pub const BETRACE_FAULTY_RULES: i32 = 3;
/// The bytes are not an OTLP trace message. The spans before the fault were evaluated.
pub const BETRACE_MALFORMED: i32 = 4;
/// The engine failed inside, now or in an earlier call. Its handle answers nothing else from then on;
/// free it. The process, and every other handle, is sound.
pub const BETRACE_POISONED: i32 = 5;
/// The snapshot is damaged, of another version, or of other rules. Nothing was changed.
pub const BETRACE_SNAPSHOT_REFUSED: i32 = 6;

/// Runs `call`, and answers `BETRACE_POISONED` where it panics.
///
/// State behind a shared reference may be half-changed after a panic: callers mark their handle so
/// that nobody looks at it again, which is what makes the assertion of unwind safety true.
pub(crate) fn guard(call: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(BETRACE_POISONED)
}
