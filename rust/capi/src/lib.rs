//! The C interface of BeTrace: rules in, OTLP bytes and the time in, violations as OTLP bytes out.
//!
//! This crate is thin. It turns pointers and lengths into slices, keeps panics from crossing into
//! C, and answers with codes; what rules mean is `betrace-lang`'s, what traces do is
//! `betrace-engine`'s. It is the only crate with unsafe code: every `unsafe` says why it holds.
//! The header `include/betrace.h` is generated from these files, and a test keeps it fresh.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

#[cfg(panic = "abort")]
compile_error!("the C interface contains panics by unwinding: build it with panic = \"unwind\"");

mod code;
mod engine;
mod memory;
mod rules;
mod settings;
mod stats;
mod version;

pub use code::*;
pub use engine::*;
pub use rules::*;
pub use settings::*;
pub use version::*;
