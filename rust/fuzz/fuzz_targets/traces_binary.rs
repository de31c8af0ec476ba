//! Readers of protobuf, frames, archives and Parquet, behind compressions or not: as `traces_text`.
#![no_main]

#[path = "support/traces.rs"]
mod traces;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| traces::check(bytes));
