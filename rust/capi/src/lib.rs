//! The C interface of BeTrace: rules in, OTLP bytes and the time in, violations as OTLP bytes out.
//!
//! This crate is thin. It turns pointers and lengths into slices, keeps panics from crossing into
//! C, and answers with codes; what rules mean is `betrace-lang`'s, what traces do is
//! `betrace-engine`'s. With `betrace-pages` it is the only crate with unsafe code that is shipped: every `unsafe` says why it holds.
//! The header `include/betrace.h` is generated from these files, and a test keeps it fresh.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that meets the unexpected ends there"
    )
)]
#![allow(
    unsafe_code,
    reason = "C hands over pointers; what is done with them is in the smallest blocks, each with its reason"
)]

#[cfg(panic = "abort")]
compile_error!("the C interface contains panics by unwinding: build it with panic = \"unwind\"");

mod code;
mod engine;
mod evidence;
mod heap;
mod memory;
mod rules;
mod settings;
mod snapshot;
mod stats;
mod version;

pub use code::*;
pub use engine::*;
pub use evidence::*;
pub use rules::*;
pub use settings::*;
pub use snapshot::*;
pub use stats::*;
pub use version::*;
