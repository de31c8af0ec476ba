//! Lexer, parser, checker and formatter on any text: no panic, faults inside the text, formatting twice is
//! formatting once, and a condition that checks means the same when formatted.
#![no_main]

use betrace_lang::{
    Fault, FormatOptions, Limits, Origin, Vocabulary, canonical, check_condition, format_condition,
    meaning_hash,
};
use libfuzzer_sys::fuzz_target;

fn check(text: &str) -> (Option<betrace_lang::rule::Body>, Vec<Fault>) {
    let mut faults = Vec::new();
    let body = check_condition(text, &Vocabulary::new(), &Limits::default(), &mut faults);
    (body, faults)
}

fuzz_target!(|text: &str| {
    let (body, faults) = check(text);
    for fault in &faults {
        if fault.origin == Origin::Here {
            assert!(text.get(fault.range.clone()).is_some(), "{fault:?}");
        }
    }
    let is_clean = !faults.iter().any(Fault::is_error);
    let body = body.filter(|_| is_clean);
    let meant = body.as_ref().map(|body| (canonical(body), meaning_hash(body, None)));
    let mut checked = None;
    for modern in [false, true] {
        let options = FormatOptions { modern };
        let Ok(formatted) = format_condition(text, options) else {
            assert!(body.is_none(), "what checks can be formatted");
            continue;
        };
        let again = format_condition(&formatted, options);
        assert_eq!(again.as_deref(), Ok(&*formatted));
        // Most texts are the same in both forms, and checking is what takes long.
        if let Some(meant) = meant.as_ref().filter(|_| checked.as_ref() != Some(&formatted)) {
            let (same, faults) = check(&formatted);
            assert!(!faults.iter().any(Fault::is_error), "{formatted}: {faults:?}");
            let same = same.expect("a formatted condition checks");
            assert_eq!(&(canonical(&same), meaning_hash(&same, None)), meant);
            checked = Some(formatted);
        }
    }
});
