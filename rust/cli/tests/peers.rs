//! Verdicts that nobody here wrote: sets of rules and traces in `testdata/peers`, judged by the engines of other languages, and
//! replayed here. A set says which traces break a rule; where its engine tells vacuity apart, also to which a rule
//! does not apply.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn folder(set: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/peers")
        .join(set)
}

fn run(args: &[&str], input: &str) -> Output {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_betrace"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn rank(verdict: &str) -> usize {
    let order = ["not_applicable", "satisfied", "inconclusive", "violated"];
    order.iter().position(|one| *one == verdict).unwrap()
}

/// The worst verdict of each rule over each trace, by rule and the number of the trace.
fn replayed(set: &str, options: &Value) -> HashMap<(String, u128), String> {
    let (rules, traces) = (
        folder(set).join("rules.yaml"),
        folder(set).join("traces.jsonl.gz"),
    );
    let mut args = vec!["replay", "--rules", rules.to_str().unwrap()];
    args.extend(["--format", "json", "--verdicts", "all"]);
    args.extend(
        options
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap()),
    );
    args.push(traces.to_str().unwrap());
    let output = run(&args, "");
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{set}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut worst: HashMap<(String, u128), String> = HashMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        let trace = u128::from_str_radix(&text("trace_id"), 16).unwrap() - 1;
        let verdict = text("verdict");
        let known = worst
            .entry((text("rule"), trace))
            .or_insert_with(|| verdict.clone());
        if rank(&verdict) > rank(known) {
            *known = verdict;
        }
    }
    worst
}

fn numbers(list: &Value) -> Option<BTreeSet<u128>> {
    let list = list.as_array()?;
    Some(
        list.iter()
            .map(|one| u128::from(one.as_u64().unwrap()))
            .collect(),
    )
}

/// What one rule may say of each trace.
fn wanted(traces: u128, expected: &Value) -> Vec<(u128, &'static [&'static str])> {
    if let Some(verdicts) = expected["verdicts"].as_object() {
        let kinds: [&'static [&'static str]; 4] = [
            &["violated"],
            &["satisfied"],
            &["not_applicable"],
            &["inconclusive"],
        ];
        let one = |verdict: &Value| *kinds.iter().find(|kind| kind[0] == verdict).unwrap();
        let all = verdicts.iter();
        return all
            .map(|(trace, verdict)| (trace.parse().unwrap(), one(verdict)))
            .collect();
    }
    let violated = numbers(&expected["violated"]).unwrap();
    let vacuous = numbers(&expected["not_applicable"]);
    (0..traces)
        .map(|trace| {
            let may_be: &'static [&'static str] = match &vacuous {
                _ if violated.contains(&trace) => &["violated"],
                None => &["satisfied", "not_applicable"],
                Some(vacuous) if vacuous.contains(&trace) => &["not_applicable"],
                Some(_) => &["satisfied"],
            };
            (trace, may_be)
        })
        .collect()
}

/// Holds every verdict of a set against what its peer said; `least`: so many there are.
fn agree(set: &str, least: usize) {
    let text = fs::read_to_string(folder(set).join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let said = replayed(set, &expected["options"]);
    let traces = u128::from(expected["traces"].as_u64().unwrap_or(0));
    let mut compared = 0;
    let mut differ = Vec::new();
    for (rule, expected) in expected["expected"].as_object().unwrap() {
        for (trace, may_be) in wanted(traces, expected) {
            compared += 1;
            let verdict = said.get(&(rule.clone(), trace)).map(String::as_str);
            if !verdict.is_some_and(|verdict| may_be.contains(&verdict)) {
                differ.push(format!(
                    "{rule}, trace {:032x}: {verdict:?}, not {may_be:?}",
                    trace + 1
                ));
            }
        }
    }
    assert!(compared >= least, "{set}: {compared} verdicts compared");
    assert!(
        differ.is_empty(),
        "{set}: {} of {compared} differ: {:#?}",
        differ.len(),
        &differ[..differ.len().min(5)]
    );
}

#[test]
fn declarative_templates_as_declare4py_and_pm4py_say() {
    agree("declare", 13_420);
}

#[test]
fn templates_with_data_and_time_as_declare4py_says() {
    agree("declare-data", 7_680);
}

#[test]
fn property_patterns_as_flloat_says_of_their_formulas() {
    agree("patterns", 12_500);
}

#[test]
fn overlapping_and_touching_spans_as_flloat_says_of_their_ends() {
    agree("intervals", 3_200);
}

#[test]
fn random_formulas_as_flloat_says() {
    agree("ltlf-random", 24_000);
}

#[test]
fn sequences_as_eql_finds_them() {
    agree("eql", 5_000);
}

#[test]
fn selections_and_correlations_as_sigma_finds_them() {
    agree("sigma", 2_400);
}

#[test]
fn filters_and_scopes_as_tempo_finds_them() {
    agree("traceql", 11_000);
}

#[test]
fn structure_as_tempo_finds_it() {
    agree("traceql-structure", 18_000);
}

#[test]
fn the_example_texts_of_the_first_documents_as_their_sentences_say() {
    agree("seeds", 31);
}

fn diagnostics(condition: &str) -> (Vec<String>, Vec<Value>) {
    let file = format!("rules:\n  - id: r\n    condition: |\n      {condition}\n");
    let output = run(&["check", "--format", "json", "-"], &file);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = file.lines().map(str::to_owned).collect();
    (lines, found["diagnostics"].as_array().unwrap().clone())
}

/// The text with the suggestion in place.
fn pasted(lines: &[String], diagnostic: &Value, suggestion: &str) -> String {
    let at = |key: &str| usize::try_from(diagnostic[key].as_u64().unwrap()).unwrap() - 1;
    let line = &lines[at("line")];
    let characters = |from: usize, to: usize| line.chars().skip(from).take(to - from);
    let head: String = characters(0, at("column")).collect();
    let tail: String = characters(at("end_column"), usize::MAX).collect();
    format!("{head}{suggestion}{tail}").trim().to_owned()
}

/// The texts that a help offers whole.
fn offered(text: &str, help: &str) -> Vec<String> {
    let quoted = help.split('`').skip(1).step_by(2);
    let texts = quoted.filter_map(|text| match text {
        text if !text.contains('…') => Some(text.to_owned()),
        text if text.contains("{ … }") => Some(text.replace('…', "zz")),
        _ => None,
    });
    let is_part = text.starts_with("never");
    let whole = texts.map(|text| match text {
        text if is_part && !text.contains('{') => format!("never {{ {text} }}"),
        text => text,
    });
    whole.collect()
}

#[test]
fn what_is_offered_instead_of_a_faulty_text_loads() {
    let text = fs::read_to_string(folder("suggestions").join("texts.json")).unwrap();
    let texts: Vec<String> = serde_json::from_str(&text).unwrap();
    assert!(texts.len() >= 13);
    for text in texts {
        let (lines, found) = diagnostics(&text);
        let is_error = |one: &&Value| one["severity"] == "error";
        let Some(first) = found.iter().find(is_error).or(found.first()) else {
            continue;
        };
        let instead = match first["suggestion"].as_str() {
            Some(suggestion) => vec![pasted(&lines, first, suggestion)],
            None => offered(&text, first["help"].as_str().unwrap_or("")),
        };
        for instead in instead {
            let (_, found) = diagnostics(&instead);
            let errors: Vec<&Value> = found.iter().filter(is_error).collect();
            assert!(
                errors.is_empty(),
                "`{text}` is told to write `{instead}`: {errors:#?}"
            );
        }
    }
}
