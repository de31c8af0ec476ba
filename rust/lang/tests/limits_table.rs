//! The table of limits in docs/testing.md: each limit of the code stands there with its value and the test that tries it at
//! that value and one beyond. A limit that is new to the code fails here until it has a test.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

/// By file: numbers called `MAX`, `MOST`, `CAP` or `LONGEST` that bound nothing of what a user writes or sends, and why.
const NO_LIMITS: [(&str, &str, &str); 16] = [
    (
        "rust/cli/src/traces/archive.rs",
        "LONGEST",
        "a name as a message shows it",
    ),
    (
        "rust/cli/src/traces/reader/frames.rs",
        "MAX_MESSAGE",
        "MAX_PIECE under another type",
    ),
    (
        "rust/cli/src/traces/reader/request.rs",
        "MAX_HEAD",
        "bytes that two varints can take",
    ),
    (
        "rust/cli/src/traces/source.rs",
        "MAX_SPOOLED",
        "4 GiB of disk: beyond what a test may write",
    ),
    (
        "rust/cli/src/traces/text/told.rs",
        "MOST_ODD",
        "faults that are told one by one, the rest by their count",
    ),
    (
        "rust/cli/src/traces/text/told.rs",
        "LONGEST",
        "an excerpt as a message shows it",
    ),
    (
        "rust/engine/src/matcher/access.rs",
        "LONGEST_LIST",
        "which index is taken, and both give the same",
    ),
    (
        "rust/engine/src/matcher/access.rs",
        "MOST_FIELDS",
        "which index is taken, and both give the same",
    ),
    (
        "rust/engine/src/scan/value_digest.rs",
        "MAX_DEPTH",
        "arrays deeper than rules see",
    ),
    (
        "rust/engine/src/state/block_pool.rs",
        "MOST_KEPT",
        "which blocks wait for another trace",
    ),
    (
        "rust/engine/src/state/merge.rs",
        "MOST",
        "2 GiB of one trace: beyond what a test may take",
    ),
    (
        "rust/lang/src/codes/page.rs",
        "MOST",
        "an example as the page shows it",
    ),
    (
        "rust/lang/src/condition/parse.rs",
        "MOST",
        "an excerpt as a message shows it",
    ),
    (
        "rust/lang/src/condition/suggest.rs",
        "*",
        "patience of the search for a suggestion",
    ),
    (
        "rust/lang/src/condition/suggest/pattern.rs",
        "MOST",
        "patience of the search for a suggestion",
    ),
    (
        "rust/lang/src/file/said.rs",
        "MOST",
        "an excerpt as a message shows it",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// Of the table: by file and name, the value and the tests.
struct Row {
    value: String,
    tests: Vec<(String, String)>,
}

fn table() -> BTreeMap<(String, String), Row> {
    let page = text("docs/testing.md");
    let section = page.split("\n## Limits\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let quoted = Regex::new("`([^`]+)`").unwrap();
    let place = |text: &str| {
        let (path, name) = text
            .split_once(": ")
            .unwrap_or_else(|| panic!("no place: {text}"));
        (format!("rust/{path}"), name.to_owned())
    };
    let mut rows = BTreeMap::new();
    for line in section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
    {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [_, name, value, tests] = cells[..] else {
            panic!("not four cells: {line}");
        };
        let in_quotes = |cell: &str| -> Vec<String> {
            quoted
                .captures_iter(cell)
                .map(|found| found[1].to_owned())
                .collect()
        };
        let row = Row {
            value: in_quotes(value).remove(0),
            tests: in_quotes(tests).iter().map(|test| place(test)).collect(),
        };
        assert!(!row.tests.is_empty(), "no test: {line}");
        let key = place(&in_quotes(name).remove(0));
        assert!(
            rows.insert(key.clone(), row).is_none(),
            "{key:?} stands twice"
        );
    }
    rows
}

fn product(path: &str) -> String {
    text(path).split("#[cfg(test)]").next().unwrap().to_owned()
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let path = path.strip_prefix(root()).unwrap();
            found.push(path.to_str().unwrap().to_owned());
        }
    }
}

/// What the code calls a limit: fields of the language's, and numbers by their names.
fn limits_of_the_code() -> BTreeSet<(String, String)> {
    let mut paths = Vec::new();
    // What the command shows and how long it searches are no limits of what it is given.
    for part in [
        "capi/src",
        "cli/src/collector",
        "cli/src/traces",
        "engine/src",
        "lang/src",
        "suggest/src/table",
    ] {
        sources(&root().join("rust").join(part), &mut paths);
    }
    let number = Regex::new(
        r"const (\w*(?:MAX|MOST|CAP|LONGEST)\w*): (?:usize|size_t|u64|i64|u32|u16|u8) =",
    )
    .unwrap();
    let mut found = BTreeSet::new();
    for path in paths {
        let code = product(&path);
        for name in number.captures_iter(&code) {
            found.insert((path.clone(), name[1].to_owned()));
        }
    }
    let path = "rust/lang/src/limits.rs";
    let code = product(path);
    let fields = code.split("pub struct Limits {").nth(1).unwrap();
    let field = Regex::new(r"pub (\w+): ").unwrap();
    for name in field.captures_iter(fields.split("\n}").next().unwrap()) {
        found.insert((path.to_owned(), name[1].to_owned()));
    }
    found
}

#[test]
fn every_limit_of_the_code_stands_in_the_table() {
    let table = table();
    let is_none = |(path, name): &(String, String)| {
        NO_LIMITS
            .iter()
            .any(|(of, called, _)| path.starts_with(of) && (called == name || *called == "*"))
    };
    let limits = limits_of_the_code();
    let missing: Vec<_> = limits
        .iter()
        .filter(|limit| !table.contains_key(limit) && !is_none(limit))
        .collect();
    assert!(
        missing.is_empty(),
        "not in the table of docs/testing.md: {missing:?}"
    );
    for (path, name, _) in NO_LIMITS {
        let is_met = limits
            .iter()
            .any(|(of, called)| of.starts_with(path) && (called == name || name == "*"));
        assert!(is_met, "{path}: {name} is gone");
    }
}

#[test]
fn the_table_says_the_values_of_the_code() {
    for ((path, name), row) in table() {
        let code = product(&path);
        let value = regex::escape(&row.value);
        let name = regex::escape(&name);
        let declared = Regex::new(&format!(r"\b{name}(?:: \w+ =|:) {value}\s*[;,]")).unwrap();
        assert!(
            declared.is_match(&code),
            "{path} does not say that {name} is {}",
            row.value
        );
    }
}

#[test]
fn every_limit_has_a_test_that_is_there() {
    for ((path, name), row) in table() {
        for (file, test) in row.tests {
            let is_there = text(&file).contains(&format!("fn {test}("));
            assert!(is_there, "{path}: {name}: {file} has no test {test}");
        }
    }
}
