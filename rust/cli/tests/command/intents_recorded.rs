//! What people ask of their traces on the names of the vocabulary, on each recorded stack whose program is known: it finds what
//! the program does, and nothing else. Where it cannot, why stands beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::instrumentation::{folder, of_traces, recording};
use super::support::*;
use serde::Deserialize;

/// How many traces of a recording break a rule.
#[derive(Deserialize)]
#[serde(untagged)]
enum Traces {
    /// By what the program does, and so they are found.
    All(u64),
    /// By what the program does, found, and why.
    Otherwise(u64, u64, String),
}

type Intents<T> = BTreeMap<String, BTreeMap<String, T>>;

static WANTED: LazyLock<Intents<Traces>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(folder().join("intents.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

/// The stacks with a program.
fn stacks() -> BTreeMap<String, String> {
    let mut of_trace = of_traces();
    of_trace.retain(|_, name| folder().join(name).join("run").exists());
    of_trace
}

static FOUND: LazyLock<Intents<u64>> = LazyLock::new(|| {
    let of_trace = stacks();
    let mut names: Vec<&String> = of_trace.values().collect();
    names.sort();
    names.dedup();
    let rules = folder().join("intents.yaml").display().to_string();
    let mut args = vec!["replay", "--format", "json", "--rules", &rules];
    let paths: Vec<String> = names
        .iter()
        .map(|name| recording(name).display().to_string())
        .collect();
    args.extend(paths.iter().map(String::as_str));
    let ran = Desk::with(&[]).run(&args);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let mut broken: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for line in ran.json_lines() {
        let word = |key: &str| line[key].as_str().unwrap().to_owned();
        let of = (word("rule"), of_trace[&word("trace_id")].clone());
        broken.entry(of).or_default().insert(word("trace_id"));
    }
    let mut found: Intents<u64> = BTreeMap::new();
    for ((rule, name), traces) in broken {
        let of_rule = found.entry(rule).or_default();
        of_rule.insert(name, traces.len() as u64);
    }
    found
});

#[test]
fn what_people_ask_on_names_of_the_vocabulary_is_found_in_each_recorded_stack() {
    let rules = std::fs::read_to_string(folder().join("intents.yaml")).unwrap();
    let ids = rules
        .lines()
        .filter_map(|line| line.strip_prefix("  - id: "));
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    assert_eq!(ids, WANTED.keys().collect::<Vec<_>>());
    assert!(ids.len() > 20);
    for rule in ids {
        let wanted = WANTED[rule].iter().map(|(name, traces)| {
            let found = match traces {
                Traces::All(all) => *all,
                Traces::Otherwise(_, found, _) => *found,
            };
            (name.clone(), found)
        });
        let wanted: BTreeMap<String, u64> = wanted.filter(|(_, found)| *found > 0).collect();
        let found = FOUND.get(rule).cloned().unwrap_or_default();
        assert_eq!(found, wanted, "{rule}");
    }
}

/// What is asked, and in how many traces it is found.
pub fn table() -> String {
    let rules = std::fs::read_to_string(folder().join("intents.yaml")).unwrap();
    let mut asked: BTreeMap<&str, &str> = BTreeMap::new();
    let mut id = "";
    for line in rules.lines() {
        id = line.strip_prefix("  - id: ").unwrap_or(id);
        if let Some(text) = line.strip_prefix("    description: ") {
            asked.insert(id, text);
        }
    }
    let mut table =
        "| asked | traces that break it | found | otherwise |\n|---|---|---|---|\n".to_owned();
    for (rule, of_stack) in WANTED.iter() {
        let (mut all, mut right, mut why) = (0, 0, Vec::new());
        for (name, traces) in of_stack {
            match traces {
                Traces::All(traces) => {
                    all += traces;
                    right += traces;
                }
                Traces::Otherwise(traces, found, reason) => {
                    all += traces;
                    right += traces.min(found);
                    why.push(format!("{name}: {found} for {traces}, {reason}"));
                }
            }
        }
        let (asked, why) = (asked[&**rule], why.join("<br>"));
        let _ = writeln!(table, "| {asked} | {all} | {right} | {why} |");
    }
    table
}

#[test]
fn every_recorded_stack_with_a_program_is_asked_something() {
    let asked: Vec<&String> = WANTED
        .values()
        .flat_map(|of_stack| of_stack.keys())
        .collect();
    let left: BTreeSet<String> = stacks()
        .into_values()
        .filter(|name| !asked.contains(&name))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
