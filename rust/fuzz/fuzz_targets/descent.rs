//! What is read on the way down is what the grammar reads, node by node, and what the way down refuses the grammar refuses.
#![no_main]

use betrace_lang::Limits;
use betrace_lang::internals::is_read_alike;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    assert!(is_read_alike(text, &Limits::default()));
});
