//! What the tests of the language share: a vocabulary, faults printed for snapshots, and the rule files of the repository.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

use std::path::{Path, PathBuf};

use betrace_lang::rule::{Alternative, Body, FirstOf, Literal, Reading};
use betrace_lang::{Fault, Limits, Origin, Vocabulary, check_condition};

pub fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    vocabulary.add_macro("privileged", r#"root.where(span:name matches "^admin\..")"#);
    vocabulary.add_macro("expensive", "amount > 1000");
    vocabulary.add_macro("audited", "audit.log and not audit.skipped");
    vocabulary.add_macro("retries", "count(http.retry)");
    vocabulary.add_macro("ping", "pong or a");
    vocabulary.add_macro("pong", "not ping");
    vocabulary.add_macro("clauses", "never { a }");
    vocabulary.add_macro("broken_macro", "payment.where(amount >)");
    let texts = ["stripe", "square"].map(|text| Literal::Text(text.into()));
    vocabulary.add_list("processors", texts.to_vec());
    let one = |key: &str, reading| Alternative::of(key, reading);
    vocabulary.add_field(FirstOf {
        name: "answer".into(),
        of: vec![
            one("http.response.status_code", Reading::AsItIs),
            one(
                "rpc.grpc.status_code",
                Reading::Mapped(vec![("5".into(), "404".into())]),
            ),
        ],
    });
    vocabulary.add_field(FirstOf {
        name: "path_only".into(),
        of: vec![one("http.target", Reading::Part("^([^?]*)".into()))],
    });
    vocabulary
}

pub fn check(text: &str) -> (Option<Body>, Vec<Fault>) {
    let mut faults = Vec::new();
    let body = check_condition(text, &vocabulary(), &Limits::default(), &mut faults);
    (body, faults)
}

/// Each fault with its place underlined, for people who read snapshots.
pub fn shown(text: &str, faults: &[Fault]) -> String {
    let mut shown = String::new();
    for fault in faults {
        let place = match &fault.origin {
            Origin::Here => text
                .get(fault.range.clone())
                .unwrap_or("<no place>")
                .to_owned(),
            Origin::Macro(name) | Origin::Used { name, .. } => {
                format!("macro {name} {:?}", fault.range)
            }
        };
        shown += &format!(
            "{} at `{}`: {}\n",
            fault.code.0,
            place.escape_debug(),
            fault.message
        );
        if let Some(help) = &fault.help {
            shown += &format!("    help: {help}\n");
        }
        if let Some(suggestion) = &fault.suggestion {
            shown += &format!("    suggestion: {suggestion:?}\n");
        }
    }
    shown
}

/// The text with every suggestion applied, as an editor that mends all at once would; of two that meet, the wider.
pub fn applied(text: &str, faults: &[Fault]) -> String {
    let mut edits: Vec<(std::ops::Range<usize>, &str)> = faults
        .iter()
        .filter(|fault| fault.origin == Origin::Here)
        .filter_map(|fault| Some((fault.range.clone(), fault.suggestion.as_deref()?)))
        .collect();
    edits.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut edited = String::new();
    let mut at = 0;
    for (range, suggestion) in edits {
        if range.start >= at {
            edited += &text[at..range.start];
            edited += suggestion;
            at = range.end;
        }
    }
    edited + &text[at..]
}

/// Every rule file that the repository ships or tests with, sorted.
pub fn rule_files() -> Vec<PathBuf> {
    let root = repository();
    let mut found = Vec::new();
    for folder in ["testdata/rules", "rules"] {
        yaml_files(&root.join(folder), &mut found);
    }
    assert!(!found.is_empty());
    found.sort();
    found
}

pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

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

/// A condition, and what came of it.
pub fn report(text: &str) -> String {
    let (body, faults) = check(text);
    let meaning = match &body {
        Some(body) => betrace_lang::canonical(body),
        None => "refused".to_owned(),
    };
    format!(
        "{}\n=> {meaning}\n{}",
        text.escape_debug()
            .to_string()
            .replace("\\\"", "\"")
            .replace("\\'", "'"),
        shown(text, &faults)
    )
}
