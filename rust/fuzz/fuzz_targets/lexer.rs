//! The lexer alone on any text: no panic, and tokens in their order inside the text.
#![no_main]

use betrace_lang::internals::token_ranges;
use betrace_lang::{Fault, Limits, Origin};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut faults: Vec<Fault> = Vec::new();
    let mut before = 0;
    for range in token_ranges(text, &Limits::default(), &mut faults) {
        assert!(before <= range.start, "{range:?} begins before {before}");
        assert!(text.get(range.clone()).is_some(), "{range:?} tears a character");
        before = range.start;
    }
    for fault in &faults {
        if fault.origin == Origin::Here {
            assert!(text.get(fault.range.clone()).is_some(), "{fault:?}");
        }
    }
});
