//! Every row of docs/patterns.md, the cells of the specification patterns and the declarative templates: its traces
//! through engine and oracle, and all short words of point events through both and a direct reading of what the row
//! says. `BETRACE_PATTERNS_LENGTH` sets how long the words get.
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

mod given;

use std::collections::BTreeSet;
use std::sync::Arc;

use betrace_engine::Finding;
use betrace_lang::verdict::Verdict;
use betrace_lang::{Limits, LoadedRule, load};
use betrace_sim::model::Span;
use betrace_sim::oracle::{Completeness, judge};
use betrace_sim::trial::judged;
use betrace_sim::words::templates::{self, TEMPLATES};
use betrace_sim::words::{self, PATTERNS, SCOPES};

/// A rule of the page, and what it is held against.
struct Row {
    loaded: LoadedRule,
    keeps: Box<dyn Fn(&str) -> bool>,
    /// The letters that it speaks of, and one that it does not.
    letters: Vec<char>,
    /// How long the words get where nothing is set.
    longest: usize,
}

impl Row {
    fn id(&self) -> &str {
        &self.loaded.rule.id.0
    }

    fn words(&self) -> Vec<String> {
        let set = std::env::var("BETRACE_PATTERNS_LENGTH").ok();
        let set = set.map(|text| text.parse().expect("a length of words"));
        words::all(&self.letters, set.unwrap_or(self.longest))
    }
}

/// The rules of a file, of which just these things are to be told.
fn file(name: &str, told: &[&str]) -> Vec<LoadedRule> {
    let path = format!("testdata/patterns/{name}.yaml");
    let loaded = load(&[given::rules::source(&path)], &Limits::default());
    let faults: Vec<_> = loaded.diagnostics.iter().map(|one| one.code.0).collect();
    assert_eq!(faults, told, "{name}");
    loaded.rules
}

fn cells() -> Vec<Row> {
    let mut rules = Vec::new();
    for pattern in PATTERNS {
        // Existence alone asks for a span in every trace, and for one that follows; both are told.
        let told: &[&str] = match pattern {
            "existence" => &["W0119", "W0104"],
            _ => &[],
        };
        rules.extend(file(pattern, told));
    }
    let cell = |pattern: &str| SCOPES.map(|scope| format!("{pattern}-{scope}"));
    let ids: BTreeSet<String> = rules
        .iter()
        .map(|loaded| loaded.rule.id.0.to_string())
        .collect();
    assert_eq!(ids, PATTERNS.into_iter().flat_map(cell).collect());
    let row = |loaded: LoadedRule| {
        let id = loaded.rule.id.0.to_string();
        let spoken = |letter: &char| loaded.condition_text.contains(*letter);
        Row {
            letters: "PQRST".chars().filter(spoken).chain(['X']).collect(),
            keeps: Box::new(move |word| {
                let (pattern, scope) = id.rsplit_once('-').unwrap();
                words::keeps(pattern, scope, word).unwrap()
            }),
            longest: 4,
            loaded,
        }
    };
    rules.into_iter().map(row).collect()
}

fn declared() -> Vec<Row> {
    // Existence asks for a span in every trace; and of the templates some are part of others.
    let told = ["W0005", "W0119", "W0005", "W0005"];
    let rules = file("declare", &told);
    let ids: Vec<&str> = rules.iter().map(|loaded| &*loaded.rule.id.0).collect();
    assert_eq!(ids, TEMPLATES.map(|template| format!("declare-{template}")));
    let row = |(loaded, template): (LoadedRule, &'static str)| Row {
        loaded,
        keeps: Box::new(move |word| templates::keeps(template, word).unwrap()),
        letters: vec!['A', 'B', 'X'],
        longest: 5,
    };
    rules.into_iter().zip(TEMPLATES).map(row).collect()
}

/// All rows, in the order of the page.
fn rows() -> Vec<Row> {
    let mut rows = cells();
    rows.extend(declared());
    rows
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

#[test]
fn every_row_means_what_it_says() {
    let mut compared = 0;
    for row in rows() {
        for word in row.words() {
            let answer = judge(&row.loaded.rule, &spans(&word, 0), Completeness::Idle, &[]);
            let said = answer.verdict != Verdict::Violated;
            assert_eq!(said, (row.keeps)(&word), "{}: {word}: {answer:?}", row.id());
            assert_ne!(
                answer.verdict,
                Verdict::Inconclusive,
                "{}: {word}",
                row.id()
            );
            compared += 1;
        }
    }
    println!("{compared} words compared");
}

#[test]
fn the_engine_agrees_on_every_word() {
    let mut compared = 0;
    for row in rows() {
        // A trace has at least one span.
        let words = row.words().split_off(1);
        let numbered = words.iter().zip(0..);
        let traces: Vec<Vec<Span>> = numbered.map(|(word, number)| spans(word, number)).collect();
        let found = judged(&[Arc::clone(&row.loaded.rule)], traces.iter().flatten()).unwrap();
        let violated = |finding: &&Finding| finding.verdict == Verdict::Violated;
        let violated = found.iter().filter(violated);
        let broken: BTreeSet<[u8; 16]> = violated.map(|finding| finding.trace_id.0).collect();
        for (word, trace) in words.iter().zip(&traces) {
            assert_eq!(
                !broken.contains(&trace[0].trace),
                (row.keeps)(word),
                "{}: {word}",
                row.id()
            );
            compared += 1;
        }
    }
    println!("{compared} words compared");
}

#[test]
fn every_row_has_a_trace_that_breaks_it_and_one_that_keeps_it() {
    for row in rows() {
        let rule = &row.loaded.rule;
        let mut verdicts = BTreeSet::new();
        for test in &row.loaded.tests {
            let word: Vec<&str> = test.spans.iter().map(|span| span.name.as_str()).collect();
            let trace = spans(&word.concat(), 0);
            let answer = judge(rule, &trace, Completeness::Root, &[]);
            let found = judged(&[Arc::clone(rule)], &trace).unwrap();
            let name = format!("{}: {}", row.id(), test.name);
            assert_eq!(answer.verdict, test.expect.verdict, "oracle, {name}");
            assert_eq!(found[0].verdict, test.expect.verdict, "engine, {name}");
            verdicts.insert(test.expect.verdict);
        }
        let both = verdicts.contains(&Verdict::Violated) && verdicts.len() == 2;
        assert!(both, "{}: {verdicts:?}", row.id());
    }
}

#[test]
fn the_table_shows_the_rules_and_their_traces() {
    let table = std::fs::read_to_string(given::repository().join("docs/patterns.md")).unwrap();
    let lines = table
        .lines()
        .filter(|line| line.starts_with('|') && line.contains('`'));
    let shown = lines.map(|line| {
        let (rule, traces) = line.split_once('`').unwrap().1.split_once('`').unwrap();
        let traces: Vec<String> = traces.split('|').map(|cell| cell.trim().into()).collect();
        (rule.to_owned(), traces[1..3].to_vec())
    });
    let held = rows().into_iter().map(|row| {
        let trace = |verdict_is_violated: bool| {
            let tests = &mut row.loaded.tests.iter();
            let test = tests
                .find(|test| (test.expect.verdict == Verdict::Violated) == verdict_is_violated);
            let names = test.unwrap().spans.iter().map(|span| span.name.as_str());
            names.collect::<Vec<_>>().join(" ")
        };
        let rule = row.loaded.condition_text.trim().to_owned();
        (rule, vec![trace(true), trace(false)])
    });
    assert_eq!(shown.collect::<Vec<_>>(), held.collect::<Vec<_>>());
}
