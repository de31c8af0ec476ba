//! Faulty rule files, one concept each, and what is said about them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::PathBuf;

use betrace_lang::{Limits, SourceFile, load, render_json, render_text};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/diagnostics")
}

fn read(path: &std::path::Path) -> SourceFile {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    SourceFile::from_bytes(name, &std::fs::read(path).unwrap())
}

#[test]
fn every_faulty_file_is_explained() {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    assert!(paths.len() > 15);
    for path in paths {
        let files = [read(&path)];
        let loaded = load(&files, &Limits::default());
        assert!(
            !loaded.diagnostics.is_empty(),
            "{} has nothing to explain",
            path.display()
        );
        let good: Vec<&str> = loaded.rules.iter().map(|rule| &*rule.rule.id.0).collect();
        let text = render_text(&loaded.diagnostics, &files, false);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let shown = format!("{text}\n{} rules, good ones: {good:?}\n", loaded.rule_count);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, shown);
        });
    }
}

#[test]
fn json_is_for_tools() {
    let files = [read(&folder().join("multibyte-columns.yaml"))];
    let loaded = load(&files, &Limits::default());
    let json = render_json(&loaded.diagnostics, &files, loaded.rule_count);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("json", json);
    });
}
