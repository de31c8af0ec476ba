//! The simulation: nothing that the engine says in it is wrong, and a run is a function of its seed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use betrace_lang::rule::Rule;
use betrace_lang::verdict::{Reason, Verdict};
use betrace_lang::{SourceFile, compile};
use betrace_sim::model::Span;
use betrace_sim::simulation::collector::Timeline;
use betrace_sim::simulation::fault::Fault;
use betrace_sim::simulation::figures::Figures;
use betrace_sim::simulation::judge::Judge;
use betrace_sim::simulation::record::{Record, Said};
use betrace_sim::simulation::smallest::smallest;
use betrace_sim::simulation::{Config, Outcome, run};

/// Many small things are made and dropped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the run begins that is the same every time.
const STAYS: u64 = 1;

/// The rules of this repository: fifty.
fn rules() -> Vec<Arc<Rule>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let packs = std::fs::read_dir(root.join("rules")).unwrap();
    let mut files: Vec<_> = packs.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    files.push(root.join("testdata/rules/dialect.yaml"));
    files.sort();
    let read = |file: &std::path::PathBuf| {
        SourceFile::new(
            file.display().to_string(),
            std::fs::read_to_string(file).unwrap(),
        )
    };
    let rules = compile(&files.iter().map(read).collect::<Vec<_>>());
    let mut rules = rules.unwrap_or_else(|faults| panic!("{faults:?}"));
    rules.retain(|rule| rule.enabled);
    rules
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Few spans a second, so that an unoptimised build is done soon; `BETRACE_SIMULATION_MINUTES` and
/// `BETRACE_SIMULATION_SPANS` make it long.
fn config(seed: u64) -> Config {
    Config {
        seed,
        minutes: setting("BETRACE_SIMULATION_MINUTES").unwrap_or(2),
        spans_a_second: setting("BETRACE_SIMULATION_SPANS").unwrap_or(40),
        threads: 1,
        judged: setting("BETRACE_SIMULATION_JUDGED") != Some(0),
    }
}

/// To be seen at once, whether the test goes on to pass or to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "simulation: {text}");
}

fn hold(seed: u64) -> Outcome {
    say(&format!("BETRACE_SIMULATION_SEED={seed}"));
    let (rules, config, begun) = (rules(), config(seed), Instant::now());
    let outcome = run(&rules, &config, |_, _| {}).unwrap();
    let figures = &outcome.figures;
    say(&format!(
        "{} spans, {} traces, {} verdicts judged, {} wrong, at most {} bytes, {:.0} times real time",
        outcome.made.spans,
        outcome.made.traces,
        figures.judged,
        figures.wrongs,
        figures.most_memory,
        outcome.seconds as f64 / begun.elapsed().as_secs_f64()
    ));
    let wrong: Vec<String> = figures
        .wrong
        .iter()
        .map(|wrong| format!("{wrong:?}"))
        .collect();
    let story = figures
        .wrong
        .iter()
        .find_map(|wrong| smallest(&rules, &config, wrong));
    assert_eq!(
        figures.wrongs,
        0,
        "seed {seed}:\n{}\n{story:#?}",
        wrong.join("\n")
    );
    outcome
}

/// How often something happened in a run, so that nothing is right because nothing was tried.
fn assert_met(outcome: &Outcome) {
    let figures = &outcome.figures;
    for verdict in Verdict::ALL {
        let met: u64 = figures
            .rules
            .iter()
            .map(|rule| rule.verdicts[verdict as usize])
            .sum();
        assert!(met > 100, "{} only {met} times", verdict.as_str());
    }
    for reason in [
        Reason::NoRoot,
        Reason::Restart,
        Reason::Conflict,
        Reason::SpanLimit,
    ] {
        let met = figures.explained.keys().any(|(met, _)| *met == reason);
        assert!(met, "no verdict is inconclusive({})", reason.as_str());
    }
    for fault in Fault::ALL {
        let times = outcome.made.faults[fault as usize];
        assert!(times > 0, "{} was never injected", fault.as_str());
    }
    assert!(
        figures.untouched * 4 > outcome.made.traces / 10,
        "hardly a trace is untouched"
    );
    assert!(figures.taken_for_old * 200 <= outcome.made.traces + 1000);
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
fn nothing_is_wrong_from_a_seed_that_stays() {
    let outcome = hold(STAYS);
    if config(STAYS).judged {
        assert_met(&outcome);
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
fn nothing_is_wrong_where_a_collector_stops_near_the_end() {
    hold(1_295_060_657);
}

#[test]
#[ignore = "one seed in ten has verdicts at a stop that the judge cannot explain yet: `make faults`"]
fn nothing_is_wrong_from_a_new_seed() {
    let new = || RandomState::new().build_hasher().finish() >> 32;
    hold(setting("BETRACE_SIMULATION_SEED").unwrap_or_else(new));
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
fn a_run_is_the_same_on_any_number_of_threads() {
    let rules = rules();
    let outcome = |threads| {
        let config = Config {
            minutes: 1,
            threads,
            ..config(STAYS)
        };
        let outcome = run(&rules, &config, |_, _| {}).unwrap();
        format!("{outcome:?}")
    };
    let one = outcome(1);
    assert_eq!(one, outcome(2));
    assert_eq!(one, outcome(2));
}

/// One trace that is complete, by itself, and what is said of it.
fn judged(verdict: Verdict, reason: Option<Reason>) -> Figures {
    let text = "rules: [ { id: r, condition: 'when { read } always { audit }' } ]";
    let rules = compile(&[SourceFile::new("rules.yaml", text)]).unwrap();
    let span = |number: u8, name: &str| Span {
        trace: [7; 16],
        id: [number; 8],
        parent: (number > 1).then_some([1; 8]),
        name: name.to_owned(),
        start: 100 + u64::from(number),
        end: 200,
        ..Span::default()
    };
    let second = 1_000_000_000;
    let record = Record {
        spans: vec![span(1, "read"), span(2, "audit")],
        came: vec![(second, 0), (second, 1)],
        said: vec![Said {
            at: 20 * second,
            rule: 0,
            verdict,
            reason,
            complete: true,
            identity: [0; 16],
        }],
        ..Record::default()
    };
    let timeline = Timeline {
        rules: vec![(0, Arc::new(vec![true]))],
        ..Timeline::default()
    };
    let mut figures = Figures::new(1);
    Judge::new(&rules).judge(&record, &timeline, &mut figures);
    figures
}

#[test]
fn a_verdict_that_is_another_is_wrong() {
    assert_eq!(judged(Verdict::Satisfied, None).wrongs, 0);
    assert_eq!(judged(Verdict::NotApplicable, None).wrongs, 1);
    assert_eq!(judged(Verdict::Violated, None).wrongs, 1);
    assert_eq!(
        judged(Verdict::Inconclusive, Some(Reason::NoRoot)).wrongs,
        1
    );
    assert_eq!(
        judged(Verdict::Inconclusive, Some(Reason::Restart)).wrongs,
        1
    );
}
