//! Readers of JSON and of what programs print: nothing panics, what is handed on is OTLP with whole ids, bytes that come
//! one by one are read as bytes that come at once, and a handful of faults is told.
#![no_main]

#[path = "support/traces.rs"]
mod traces;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Archives and compressions have a target of their own.
    if bytes.iter().take(4).any(|byte| *byte < b'\t') {
        return;
    }
    traces::check(bytes);
});
