//! Every cell of docs/patterns.md: its traces through engine and oracle, and all short words of point
//! events through both and a direct reading of the pattern. `BETRACE_PATTERNS_LENGTH` sets how long the
//! words get.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tally of a run"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use betrace_engine::Finding;
use betrace_lang::rule::Rule;
use betrace_lang::verdict::Verdict;
use betrace_lang::{Limits, LoadedRule, SourceFile, load};
use betrace_sim::model::Span;
use betrace_sim::oracle::{Completeness, judge};
use betrace_sim::trial::judged;
use betrace_sim::words::{self, PATTERNS, SCOPES};

fn repository(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

fn longest() -> usize {
    let set = std::env::var("BETRACE_PATTERNS_LENGTH");
    set.ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

fn cells() -> Vec<LoadedRule> {
    let mut rules = Vec::new();
    for pattern in PATTERNS {
        let name = format!("testdata/patterns/{pattern}.yaml");
        let text = std::fs::read_to_string(repository(&name)).unwrap();
        let loaded = load(&[SourceFile::new(name, text)], &Limits::default());
        // Existence alone asks for a span in every trace, and for one that follows; both are told.
        let told: &[&str] = match pattern {
            "existence" => &["W0119", "W0104"],
            _ => &[],
        };
        let faults: Vec<_> = loaded.diagnostics.iter().map(|one| one.code.0).collect();
        assert_eq!(faults, told, "{pattern}");
        rules.extend(loaded.rules);
    }
    let cell = |pattern: &str| SCOPES.map(|scope| format!("{pattern}-{scope}"));
    let ids: BTreeSet<String> = rules
        .iter()
        .map(|loaded| loaded.rule.id.0.to_string())
        .collect();
    assert_eq!(ids, PATTERNS.into_iter().flat_map(cell).collect());
    rules
}

/// Point events, a millisecond apart.
fn spans(word: &str, number: u64) -> Vec<Span> {
    let mut trace = [0; 16];
    trace[..8].copy_from_slice(&(number + 1).to_be_bytes());
    let event = |(at, letter): (usize, char)| {
        let time = 1_700_000_000_000_000_000 + at as u64 * 1_000_000;
        Span {
            trace,
            id: (at as u64 + 1).to_be_bytes(),
            name: letter.to_string(),
            start: time,
            end: time,
            ..Span::default()
        }
    };
    word.chars().enumerate().map(event).collect()
}

/// Pattern and scope of a cell.
fn split_id(rule: &Rule) -> (&str, &str) {
    rule.id.0.rsplit_once('-').unwrap()
}

/// The letters that a cell speaks of, and one that it does not.
fn letters(cell: &LoadedRule) -> Vec<char> {
    let spoken = |letter: &char| cell.condition_text.contains(*letter);
    "PQRST".chars().filter(spoken).chain(['X']).collect()
}

#[test]
fn every_cell_means_its_pattern() {
    let mut compared = 0;
    for cell in cells() {
        let (pattern, scope) = split_id(&cell.rule);
        for word in words::all(&letters(&cell), longest()) {
            let answer = judge(&cell.rule, &spans(&word, 0), Completeness::Idle, &[]);
            let kept = words::keeps(pattern, scope, &word).unwrap();
            let said = answer.verdict != Verdict::Violated;
            assert_eq!(said, kept, "{pattern} {scope}: {word}: {answer:?}");
            assert_ne!(
                answer.verdict,
                Verdict::Inconclusive,
                "{pattern} {scope}: {word}"
            );
            compared += 1;
        }
    }
    println!("{compared} words of up to {} events compared", longest());
}

#[test]
fn the_engine_agrees_on_every_word() {
    let mut compared = 0;
    for cell in cells() {
        let (pattern, scope) = split_id(&cell.rule);
        // A trace has at least one span.
        let words = words::all(&letters(&cell), longest()).split_off(1);
        let numbered = words.iter().zip(0..);
        let traces: Vec<Vec<Span>> = numbered.map(|(word, number)| spans(word, number)).collect();
        let found = judged(&[Arc::clone(&cell.rule)], traces.iter().flatten()).unwrap();
        let violated = |finding: &&Finding| finding.verdict == Verdict::Violated;
        let violated = found.iter().filter(violated);
        let broken: BTreeSet<[u8; 16]> = violated.map(|finding| finding.trace_id.0).collect();
        for (word, trace) in words.iter().zip(&traces) {
            let kept = words::keeps(pattern, scope, word).unwrap();
            assert_eq!(
                !broken.contains(&trace[0].trace),
                kept,
                "{pattern} {scope}: {word}"
            );
            compared += 1;
        }
    }
    println!("{compared} words of up to {} events compared", longest());
}

#[test]
fn every_cell_has_a_trace_that_breaks_it_and_one_that_keeps_it() {
    for cell in cells() {
        let mut verdicts = BTreeSet::new();
        for test in &cell.tests {
            let word: Vec<&str> = test.spans.iter().map(|span| span.name.as_str()).collect();
            let trace = spans(&word.concat(), 0);
            let answer = judge(&cell.rule, &trace, Completeness::Root, &[]);
            let found = judged(&[Arc::clone(&cell.rule)], &trace).unwrap();
            let name = format!("{}: {}", cell.rule.id.0, test.name);
            assert_eq!(answer.verdict, test.expect.verdict, "oracle, {name}");
            assert_eq!(found[0].verdict, test.expect.verdict, "engine, {name}");
            verdicts.insert(test.expect.verdict);
        }
        let both = verdicts.contains(&Verdict::Violated) && verdicts.len() == 2;
        assert!(both, "{}: {verdicts:?}", cell.rule.id.0);
    }
}

#[test]
fn the_table_shows_the_rules() {
    let table = std::fs::read_to_string(repository("docs/patterns.md")).unwrap();
    let rows = table
        .lines()
        .filter(|line| line.starts_with('|') && line.contains('`'));
    let shown: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    let cells = cells();
    let rules: Vec<&str> = cells
        .iter()
        .map(|cell| cell.condition_text.trim())
        .collect();
    assert_eq!(shown, rules);
}
