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

/// Whoever reads why a set was refused meets the faults first, whatever is remarked on the files before theirs.
#[test]
fn text_tells_errors_before_what_is_only_remarked() {
    let files = [
        SourceFile::new(
            "a.yaml",
            "rules: [{ id: a, condition: 'never { x.where(size == 0x10) }' }]",
        ),
        SourceFile::new("b.yaml", "rules: [{ id: b, condition: 'never { x' }]"),
        SourceFile::new("c.yaml", "rules: [{ id: c, condition: 'never { y' }]"),
    ];
    let loaded = load(&files, &Limits::default());
    let by_place: Vec<_> = loaded
        .diagnostics
        .iter()
        .map(|one| one.is_error())
        .collect();
    assert_eq!(by_place, [false, true, true]);
    let text = render_text(&loaded.diagnostics, &files, false);
    let places: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--> "))
        .filter_map(|place| place.split(':').next())
        .collect();
    assert_eq!(places, ["b.yaml", "c.yaml", "a.yaml"]);
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
