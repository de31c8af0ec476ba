//! The TextMate grammar under `docs/editor` knows every word of the language: the parser's grammar, and what declares
//! the functions, are the lists that it is held against.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::Path;

use betrace_lang::rule::{Aggregate, FieldTest};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The alternatives of all patterns, with `\s+` read as a space.
fn highlighted() -> Vec<String> {
    let grammar: serde_json::Value =
        serde_json::from_str(&read("../../docs/editor/betrace.tmLanguage.json")).unwrap();
    let mut words = Vec::new();
    for rule in grammar["repository"].as_object().unwrap().values() {
        let Some(pattern) = rule["match"].as_str() else {
            continue;
        };
        let pattern = pattern.replace("\\s+", " ").replace("\\b", "");
        words.extend(pattern.split(['|', '(', ')']).map(str::to_owned));
    }
    words
}

#[test]
fn every_keyword_of_the_parser_is_highlighted() {
    let grammar = read("src/condition/grammar.lalrpop");
    let tokens = &grammar[grammar.find("enum Token").unwrap()..];
    let highlighted = highlighted();
    let mut seen = 0;
    for line in tokens.lines() {
        let Some(spelling) = line
            .trim()
            .strip_prefix('"')
            .and_then(|rest| rest.split('"').next())
        else {
            continue;
        };
        let is_keyword = spelling
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b' ');
        let is_class = [
            "name",
            "quoted",
            "intrinsic",
            "number",
            "duration",
            "percent",
            "bool",
            "attribute",
        ]
        .contains(&spelling);
        if !is_keyword || is_class || spelling.starts_with("rule ") {
            continue;
        }
        assert!(
            highlighted.iter().any(|word| word == spelling),
            "`{spelling}` is not highlighted"
        );
        seen += 1;
    }
    assert!(seen >= 25, "only {seen} keywords were found");
}

#[test]
fn every_function_is_highlighted() {
    let highlighted = highlighted();
    let aggregates = Aggregate::ALL.map(Aggregate::as_str);
    let tests = FieldTest::ALL.map(FieldTest::as_str);
    for word in aggregates.iter().chain(&tests).chain(&["lower", "length"]) {
        assert!(
            highlighted.iter().any(|known| known == word),
            "`{word}` is not highlighted"
        );
    }
}

#[test]
fn every_included_pattern_exists() {
    let grammar: serde_json::Value =
        serde_json::from_str(&read("../../docs/editor/betrace.tmLanguage.json")).unwrap();
    let repository = grammar["repository"].as_object().unwrap();
    for pattern in grammar["patterns"].as_array().unwrap() {
        let name = pattern["include"].as_str().unwrap().trim_start_matches('#');
        assert!(repository.contains_key(name), "{name}");
    }
    assert_eq!(
        repository.len(),
        grammar["patterns"].as_array().unwrap().len()
    );
}
