//! The laws over generated rules and traces. A quick run by default; `BETRACE_LAWS_TRACES=1000000` sets
//! how many traces, `BETRACE_LAWS_SEED` where to begin, and a failure prints a seed that replays it.
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

use std::sync::Arc;
use std::time::{Duration, Instant};

use betrace_lang::rule::Rule;
use betrace_sim::case::Case;
use betrace_sim::generate;
use betrace_sim::model::Span;
use betrace_sim::tape::{Tape, shrink};
use betrace_sim::trial::{Divergence, Tally, check};

/// Rules and traces of one trial: every rule meets every trace.
const RULES: usize = 6;
const TRACES: usize = 6;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A rule from its tape, if it says something that the language allows.
fn rule(tape: Vec<u32>, index: usize) -> Option<(generate::Source, Arc<Rule>)> {
    let source = generate::rule(&mut Tape::replaying(tape));
    let rule = source.check(&format!("r{index}")).ok()?;
    Some((source, rule))
}

fn trace(tape: Vec<u32>, index: usize) -> Vec<Span> {
    generate::trace(&mut Tape::replaying(tape), index as u64)
}

/// What a seed stands for: the tapes of rules, then of traces.
fn tapes(seed: u64, refused: &mut Vec<String>) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let mut rules = Vec::new();
    for attempt in 0.. {
        let mut tape = Tape::recording(seed.wrapping_mul(1000).wrapping_add(attempt));
        let source = generate::rule(&mut tape);
        match source.check("r") {
            Ok(_) => rules.push(tape.used()),
            Err(fault) => refused.push(format!("{}: {fault}", source.condition)),
        }
        if rules.len() == RULES {
            break;
        }
    }
    let mut traces = Vec::new();
    for index in 0..TRACES as u64 {
        let mut tape = Tape::recording(seed.wrapping_mul(1000).wrapping_add(500 + index));
        let _ = generate::trace(&mut tape, index);
        traces.push(tape.used());
    }
    (rules, traces)
}

fn try_seed(seed: u64, refused: &mut Vec<String>) -> Result<Tally, String> {
    let (rule_tapes, trace_tapes) = tapes(seed, refused);
    let numbered = rule_tapes.iter().cloned().enumerate();
    let rules: Vec<Arc<Rule>> = numbered
        .filter_map(|(index, tape)| Some(rule(tape, index)?.1))
        .collect();
    let numbered = trace_tapes.iter().cloned().enumerate();
    let traces: Vec<Vec<Span>> = numbered.map(|(index, tape)| trace(tape, index)).collect();
    check(&rules, &traces, seed).map_err(|divergence| {
        let small = [
            rule_tapes[divergence.rule].clone(),
            trace_tapes[divergence.trace].clone(),
        ];
        explain(seed, &divergence, small)
    })
}

/// One rule and one trace, under the deliveries of some seeds.
fn alone(tapes: &[Vec<u32>], law: &str, salts: &[u64]) -> Option<(Case, Divergence, u64)> {
    let (source, rule) = rule(tapes[0].clone(), 0)?;
    let trace = trace(tapes[1].clone(), 0);
    let under = |salt: &u64| {
        let found = check(
            std::slice::from_ref(&rule),
            std::slice::from_ref(&trace),
            *salt,
        )
        .err()?;
        (found.law == law).then_some((found, *salt))
    };
    let (found, salt) = salts.iter().find_map(under)?;
    let case = Case {
        remark: String::new(),
        source,
        spans: trace,
    };
    Some((case, found, salt))
}

/// The smallest case that still breaks the law, ready to be put into testdata/regressions.
fn explain(seed: u64, divergence: &Divergence, mut small: [Vec<u32>; 2]) -> String {
    let head =
        format!("BETRACE_LAWS_SEED={seed} BETRACE_LAWS_TRACES=1 replays this: {divergence}\n");
    let (law, any) = (divergence.law, (0..100).collect::<Vec<u64>>());
    let Some((_, _, salt)) = alone(&small, law, &any) else {
        return head + "(alone, rule and trace keep the law)";
    };
    let end = Instant::now() + Duration::from_secs(20);
    let salts = [salt];
    shrink(&mut small, 20_000, |tapes| {
        Instant::now() < end && alone(tapes, law, &salts).is_some()
    });
    match alone(&small, law, &salts) {
        Some((case, divergence, _)) => format!("{head}\nsmallest case: {divergence}\n\n{case}"),
        None => head,
    }
}

#[test]
fn the_laws_hold() {
    let first = setting("BETRACE_LAWS_SEED");
    let wanted = setting("BETRACE_LAWS_TRACES");
    let (seed, traces) = (first.unwrap_or(1), wanted.unwrap_or(600));
    let failures_wanted = setting("BETRACE_LAWS_FAILURES").unwrap_or(1) as usize;
    let (begin, mut shown) = (Instant::now(), Instant::now());
    let (mut tally, mut refused, mut failures) = (Tally::default(), Vec::new(), Vec::new());
    for seed in seed.. {
        match try_seed(seed, &mut refused) {
            Ok(part) => tally.add(&part),
            Err(failure) => {
                failures.push(failure);
                tally.traces += TRACES as u64;
            }
        }
        if failures.len() >= failures_wanted || tally.traces >= traces {
            break;
        }
        if wanted.is_some() && shown.elapsed() > Duration::from_secs(10) {
            shown = Instant::now();
            eprintln!(
                "{} traces, {:.0} a second",
                tally.traces,
                rate(&tally, begin)
            );
        }
    }
    let [violated, satisfied, not_applicable, inconclusive] = tally.verdicts;
    println!(
        "{} traces, {} comparisons with the oracle, {:.0} traces a second; {violated} violated, \
         {satisfied} satisfied, {not_applicable} not applicable, {inconclusive} inconclusive; \
         {} rules refused",
        tally.traces,
        tally.comparisons,
        rate(&tally, begin),
        refused.len(),
    );
    if setting("BETRACE_LAWS_REFUSED").is_some() {
        refused
            .iter()
            .for_each(|refused| println!("refused: {refused}"));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n=======\n"));
    let rules = tally.traces / TRACES as u64 * RULES as u64;
    assert!(
        (refused.len() as u64) < rules / 2 + 20,
        "too many refused rules: {refused:?}"
    );
}

fn rate(tally: &Tally, begin: Instant) -> f64 {
    tally.traces as f64 / begin.elapsed().as_secs_f64()
}

#[test]
fn what_was_found_once_stays_right() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/regressions");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let case = Case::read(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let rule = case
            .source
            .check("r0")
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        for salt in 0..40 {
            if let Err(found) = check(
                std::slice::from_ref(&rule),
                std::slice::from_ref(&case.spans),
                salt,
            ) {
                panic!("{name}: {found}");
            }
        }
        assert_eq!(Case::read(&case.to_string()).unwrap(), case, "{name}");
    }
}
