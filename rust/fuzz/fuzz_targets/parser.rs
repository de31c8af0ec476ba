//! Lexer and parser on any text, without what asks for meaning: no panic, a text that is not read says why, and every
//! fault lies inside it. What is read on the way down is what the grammar reads.
#![no_main]

use betrace_lang::internals::read_both_ways;
use betrace_lang::{Fault, Limits, Origin};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut faults: Vec<Fault> = Vec::new();
    let read = read_both_ways(text, &Limits::default(), &mut faults);
    assert!(read.is_read || faults.iter().any(Fault::is_error));
    assert!(read.is_alike);
    for fault in &faults {
        if fault.origin == Origin::Here {
            assert!(text.get(fault.range.clone()).is_some(), "{fault:?}");
        }
    }
});
