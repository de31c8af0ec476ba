//! Readers of protobuf, frames, archives and Parquet, behind compressions or not: as `traces_text`.
#![no_main]

#[path = "traces_support/reading.rs"]
mod reading;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| reading::check(bytes));
