//! The C interface as a sequence of calls that the fuzzer chooses: see the caller for what must hold.
#![no_main]

#[path = "../../capi/tests/calls_support/mod.rs"]
#[allow(dead_code)]
mod calls_support;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| calls_support::caller::sequence(bytes));
