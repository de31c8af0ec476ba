//! The examples of the code table do what they say.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_lang::{Limits, SourceFile, codes, load};

/// The files of an example: behind a line `# file NAME` stands another.
fn files(text: &str) -> Vec<SourceFile> {
    let mut files = text.split("\n# file ");
    let first = SourceFile::new("example.yaml", files.next().unwrap());
    let others = files.map(|other| {
        let (name, text) = other.split_once('\n').unwrap();
        SourceFile::new(name, text)
    });
    std::iter::once(first).chain(others).collect()
}

fn found(text: &str) -> Vec<&'static str> {
    let loaded = load(&files(text), &Limits::default());
    loaded
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.0)
        .collect()
}

/// Codes of rule files and tests; their examples are whole files, those that start with `#` stand for
/// files too large to print.
#[test]
fn file_examples() {
    let mut count = 0;
    for declaration in codes::declarations() {
        let code = declaration.code.0;
        let is_of_files = code[1..].starts_with("00") || code.starts_with("E025");
        if !is_of_files {
            continue;
        }
        count += 1;
        if !declaration.bad.starts_with('#') {
            let found = found(declaration.bad);
            assert!(
                found.contains(&code),
                "the bad example of {code} gives {found:?}"
            );
        }
        if !declaration.good.starts_with('#') {
            assert_eq!(
                found(declaration.good),
                [""; 0],
                "the good example of {code}"
            );
        }
    }
    assert!(count > 25, "{count}");
}
