//! Pages that are generated are fresh. `UPDATE_DOCS=1 cargo test -p betrace-lang` writes them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::PathBuf;

fn hold(path: &str, wanted: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, wanted).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == wanted,
        "{} is not fresh: run UPDATE_DOCS=1 cargo test -p betrace-lang",
        path.display()
    );
}

#[test]
fn the_schema_of_rule_files() {
    hold(
        "docs/editor/rules.schema.json",
        &betrace_lang::rule_file_schema(),
    );
}

#[test]
fn the_page_of_diagnostics() {
    hold(
        "docs/diagnostics.md",
        &betrace_lang::codes::diagnostics_page(),
    );
}

#[test]
fn the_page_of_the_vocabulary() {
    hold("docs/vocabulary.md", &betrace_lang::vocabulary_page());
}

/// Not generated, and no key is missing from it.
#[test]
fn the_page_on_tests_lists_each_key() {
    let schema: serde_json::Value =
        serde_json::from_str(&betrace_lang::rule_file_schema()).unwrap();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/testing-rules.md");
    let page = std::fs::read_to_string(path).unwrap();
    for (kind, head) in [
        ("test", "| key of a test | |"),
        ("span", "| key of a span | |"),
    ] {
        let table = page.split(head).nth(1).unwrap();
        let rows = table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let first: Vec<&str> = rows.filter_map(|row| row.split('|').nth(1)).collect();
        let keys = schema["$defs"][kind]["properties"].as_object().unwrap();
        for key in keys.keys() {
            let named = format!("`{key}`");
            assert!(
                first.iter().any(|cell| cell.contains(&named)),
                "{kind}: {key}"
            );
        }
    }
}
