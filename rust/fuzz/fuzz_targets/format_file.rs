//! The formatter of rule files against the reader: what loads without error is formatted, means the same afterwards, and
//! a second time changes nothing.
#![no_main]

use betrace_lang::{FormatOptions, Limits, Loaded, SourceFile, format_file, load};
use libfuzzer_sys::fuzz_target;

fn loaded(text: &str) -> Loaded {
    load(&[SourceFile::new("rules.yaml", text)], &Limits::default())
}

fuzz_target!(|text: &str| {
    let before = loaded(text);
    for modern in [false, true] {
        let options = FormatOptions { modern };
        let formatted = match format_file(text, options) {
            Ok(formatted) => formatted,
            Err(faults) => {
                assert!(before.has_errors(), "what loads is formatted: {faults:?}");
                continue;
            }
        };
        assert_eq!(format_file(&formatted, options).as_ref(), Ok(&formatted));
        if before.has_errors() {
            continue;
        }
        let after = loaded(&formatted);
        assert!(!after.has_errors(), "{formatted}\n{:?}", after.diagnostics);
        let meaning = |loaded: &Loaded| -> Vec<_> {
            let rules = loaded.rules.iter();
            rules.map(|one| (one.rule.id.clone(), one.rule.hash)).collect()
        };
        assert_eq!(meaning(&before), meaning(&after), "{formatted}");
    }
});
