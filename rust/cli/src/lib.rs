//! The command `betrace`, as a library that its binary, tests and benches call.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod traces;
