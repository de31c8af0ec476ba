//! Lexer and parser on any text, without what asks for meaning: no panic, a text that is not read says why, and every
//! fault lies inside it.
#![no_main]

use betrace_lang::internals::is_read;
use betrace_lang::{Fault, Limits, Origin};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut faults: Vec<Fault> = Vec::new();
    let is_read = is_read(text, &Limits::default(), &mut faults);
    assert!(is_read || faults.iter().any(Fault::is_error));
    for fault in &faults {
        if fault.origin == Origin::Here {
            assert!(text.get(fault.range.clone()).is_some(), "{fault:?}");
        }
    }
});
