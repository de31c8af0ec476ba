//! Rule files from any text: no panic, every diagnostic at a place inside the file, and both renderings of all.
#![no_main]

use betrace_lang::{Limits, SourceFile, load, render_json, render_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let files = [SourceFile {
        name: "rules.yaml".to_owned(),
        text: text.into(),
    }];
    let loaded = load(&files, &Limits::default());
    assert!(loaded.rules.len() <= loaded.rule_count);
    for diagnostic in &loaded.diagnostics {
        assert!(text.get(diagnostic.range.clone()).is_some(), "{diagnostic:?}");
        assert!(diagnostic.line >= 1 && diagnostic.column >= 1);
    }
    let _ = render_text(&loaded.diagnostics, &files, false);
    let _ = render_json(&loaded.diagnostics, &files, loaded.rule_count);
});
