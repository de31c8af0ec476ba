//! Rules that mean what they say are left in peace: at most one in fifty is doubted.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::{Limits, SourceFile, load, render_text};

fn rule_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rule_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
}

/// How many rules a folder has, and what is told of them but notes: of which rule, by which code.
fn told(folder: &str) -> (usize, BTreeSet<(String, &'static str)>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    rule_files(&root.join(folder), &mut paths);
    let files: Vec<SourceFile> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy();
            SourceFile::from_bytes(name, &std::fs::read(path).unwrap())
        })
        .collect();
    let loaded = load(&files, &Limits::default());
    let told: Vec<_> = loaded
        .diagnostics
        .into_iter()
        .filter(|one| one.severity != DiagnosticSeverity::Note)
        .collect();
    eprintln!("{}", render_text(&told, &files, false));
    let told = told.into_iter().map(|one| {
        let rule = one.rule.map_or(String::new(), |rule| rule.0.to_string());
        (rule, one.code.0)
    });
    (loaded.rule_count, told.collect())
}

#[test]
fn at_most_one_in_fifty_right_rules_is_doubted() {
    for (folder, least) in [
        ("testdata/right", 100),
        ("rules", 40),
        ("testdata/peers/ltlf-random", 150),
        ("testdata/peers/traceql-structure", 120),
    ] {
        let (rules, told) = told(folder);
        let doubted: BTreeSet<_> = told.iter().map(|(rule, _)| rule).collect();
        let doubted = doubted.len();
        assert!(rules >= least, "{folder} has {rules} rules");
        assert!(
            doubted * 50 <= rules,
            "{doubted} of {rules} are doubted in {folder}"
        );
    }
}

/// A code, how many of the rules it is told of, and why it is true of them.
type Told = (&'static str, usize, &'static str);

/// What is told of the rules that say what queries of other languages do, each read: it is true of the rule, and whoever
/// means something else hears of it.
#[rustfmt::skip]
const OF_PEERS: &[(&str, &[Told])] = &[
    ("declare", &[
        ("W0005", 12, "a set of all templates has those that others imply: Existence in Init, Response in Succession"),
        ("W0119", 2, "Existence demands an A of every trace, of a health check too"),
    ]),
    ("declare-data", &[
        ("W0102", 12, "an A without k is no activation, so its response is not asked for: Declare says so of logs where each has k"),
    ]),
    ("eql", &[
        ("W0004", 1, "both count events by user; EQL's unique_count and count are alike where it groups by one key"),
        ("W0102", 3, "the query passes over events without the field; who forbids all others than root mostly means those too"),
        ("W0121", 4, "events without the key are in no sequence: two of unknown users are never told"),
    ]),
    ("intervals", &[("W0104", 1, "the formula asks for one P after Q; of every P is another rule")]),
    ("patterns", &[
        ("W0104", 1, "existence after Q asks for a P after one Q, not after each"),
        ("W0119", 1, "existence, globally: every trace has a P"),
    ]),
    ("seeds", &[("W0101", 1, "a bare `A and B` reports what has both, and its text says what should have both")]),
    ("sigma", &[]),
    ("traceql", &[
        ("W0004", 1, "one query with `== true` and without"),
        ("W0102", 2, "TraceQL's `!=` passes over spans without the attribute as well, which surprises there too"),
        ("W0111", 1, "a regular expression that is a plain text, as the query has it"),
        ("W0122", 1, "a status that is not `error` is mostly `unset`"),
        ("W0134", 1, "the query asks for some other event, and passes over spans without any"),
    ]),
];

#[test]
fn what_is_told_of_rules_that_agree_with_a_peer_is_true_of_them() {
    for (set, wanted) in OF_PEERS {
        let (_, told) = told(&format!("testdata/peers/{set}"));
        let mut counted: Vec<(&str, usize)> = Vec::new();
        for (_, code) in &told {
            match counted.iter_mut().find(|(known, _)| known == code) {
                Some((_, count)) => *count += 1,
                None => counted.push((code, 1)),
            }
        }
        counted.sort_unstable();
        let wanted: Vec<(&str, usize)> = wanted
            .iter()
            .map(|(code, count, _)| (*code, *count))
            .collect();
        assert_eq!(counted, wanted, "{set}");
    }
}
