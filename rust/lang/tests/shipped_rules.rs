//! The rule files of the repository load without an error, and the packs without a warning.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::{Diagnostic, Limits, SourceFile, load, render_text};

#[test]
fn shipped_rules_have_no_errors_and_packs_no_doubts() {
    let root = support::repository();
    for path in support::rule_files() {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let files = [SourceFile::from_bytes(name, &std::fs::read(&path).unwrap())];
        let loaded = load(&files, &Limits::default());
        let is_pack = path.starts_with(root.join("rules"));
        let errors: Vec<Diagnostic> = loaded
            .diagnostics
            .iter()
            .filter(|one| one.is_error() || is_pack)
            .cloned()
            .collect();
        assert!(errors.is_empty(), "{}", render_text(&errors, &files, false));
        assert_eq!(loaded.rules.len(), loaded.rule_count);
    }
}
