//! The rule files of the repository load without an error, and the packs without a warning.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::{Path, PathBuf};

use betrace_lang::{Diagnostic, Limits, SourceFile, load, render_text};

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
}

#[test]
fn shipped_rules_have_no_errors_and_packs_no_doubts() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    for folder in ["testdata/rules", "rules"] {
        yaml_files(&root.join(folder), &mut paths);
    }
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
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
