//! The simulation: nothing that the engine says in it is wrong, and a run is a function of its seed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod clock;
mod given;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Write;
use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::verdict::{Reason, Verdict};
use betrace_lang::{SourceFile, compile};
use betrace_sim::model::Span;
use betrace_sim::simulation::fault::Fault;
use betrace_sim::simulation::figures::Figures;
use betrace_sim::simulation::judge::Judge;
use betrace_sim::simulation::record::{Record, Said};
use betrace_sim::simulation::smallest::smallest;
use betrace_sim::simulation::timeline::Timeline;
use betrace_sim::simulation::{Config, Outcome, run};
use clock::Clock;

/// Many small things are made and dropped.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Where the run begins that is the same every time.
const STAYS: u64 = 1;

/// A collector stops near the end; a rule is away where a trace closes, and back where a crash makes it close again; of two
/// copies that differ a collector forgets the first; of a trace that a crash took a hostile client sends a root that began
/// later.
const HARD: [u64; 4] = [1_295_060_657, 122, 232, 382];

/// The rules of this repository: fifty.
fn rules() -> Vec<Arc<Rule>> {
    let files = given::rules::PACKS.into_iter();
    given::rules::enabled(files.chain(["testdata/rules/dialect.yaml"]))
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
    let (rules, config, begun) = (rules(), config(seed), Clock::start());
    let outcome = run(&rules, &config, |_, _| {}).unwrap();
    let figures = &outcome.figures;
    let (seconds, of) = begun.seconds();
    // Only the minutes in which requests begin, not those in which the last traces close.
    let simulated = (60 * config.minutes) as f64;
    say(&format!(
        "{} spans, {} traces, {} verdicts judged, {} wrong, at most {} bytes; {:.1} s of {of}, {:.0} times real time",
        outcome.made.spans,
        outcome.made.traces,
        figures.judged,
        figures.wrongs,
        figures.most_memory,
        seconds,
        simulated / seconds
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
fn nothing_is_wrong_from_seeds_that_were_hard_to_judge() {
    for seed in HARD {
        hold(seed);
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "minutes unoptimised: `make test` runs it optimised"
)]
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

const SECOND: u64 = 1_000_000_000;

/// A trace by itself, of a `read` that is its root and an `audit` below it, and what is said of it by two rules of which the
/// first is there as `timeline` says.
struct Story {
    record: Record,
    timeline: Timeline,
}

impl Story {
    fn of(names: &[&str]) -> Story {
        let span = |(number, name): (u8, &&str)| Span {
            trace: [7; 16],
            id: [number; 8],
            parent: (number > 1).then_some([1; 8]),
            name: (*name).to_owned(),
            start: 100 + u64::from(number),
            end: 200,
            ..Span::default()
        };
        Story {
            record: Record {
                spans: (1..).zip(names).map(span).collect(),
                came: (0..names.len() as u16).map(|at| (SECOND, at)).collect(),
                ..Record::default()
            },
            timeline: Timeline {
                rules: vec![(0, Arc::new(vec![true, true]))],
                ..Timeline::default()
            },
        }
    }

    fn says(mut self, at: u64, rule: u16, verdict: Verdict, reason: Option<Reason>) -> Story {
        self.record.said.push(Said {
            at: at * SECOND,
            rule,
            verdict,
            reason,
            complete: reason.is_none(),
            identity: [0; 16],
        });
        self
    }

    fn wrongs(self) -> Vec<String> {
        let text = "rules:\n\
            - { id: r, condition: 'when { read } always { audit }' }\n\
            - { id: s, condition: 'when { read } always { read }' }\n";
        let rules = compile(&[SourceFile::new("rules.yaml", text)]).unwrap();
        let mut figures = Figures::new(2);
        Judge::new(&rules).judge(&self.record, &self.timeline, &mut figures);
        let wrong = figures.wrong.into_iter();
        wrong
            .filter(|wrong| wrong.rule == Some(0))
            .map(|wrong| wrong.what)
            .collect()
    }
}

#[test]
fn a_verdict_that_is_another_is_wrong() {
    let said = |verdict, reason| {
        let story = Story::of(&["read", "audit"]).says(20, 0, verdict, reason);
        story.wrongs().len()
    };
    assert_eq!(said(Verdict::Satisfied, None), 0);
    assert_eq!(said(Verdict::NotApplicable, None), 1);
    assert_eq!(said(Verdict::Violated, None), 1);
    assert_eq!(said(Verdict::Inconclusive, Some(Reason::NoRoot)), 1);
    assert_eq!(said(Verdict::Inconclusive, Some(Reason::Restart)), 1);
}

#[test]
fn a_stop_in_order_leaves_open_what_may_still_come_and_nothing_else() {
    let said = |names: &[&str], stops: &[u64]| {
        let shutdown = Some(Reason::Shutdown);
        let mut story = Story::of(names).says(5, 0, Verdict::Inconclusive, shutdown);
        story.timeline.stops = stops.to_vec();
        story.wrongs()
    };
    let stop = [5 * SECOND];
    assert_eq!(said(&["read"], &stop), [""; 0]);
    let decided = "inconclusive(shutdown), and it is decided";
    assert_eq!(said(&["read"], &[]), [decided]);
    assert_eq!(said(&["read", "audit"], &stop), [decided]);
}

#[test]
fn a_rule_that_was_away_owes_nothing_of_a_trace_that_closes_once_more_after_a_crash() {
    let said = |is_away: bool| {
        let story = Story::of(&["read"]).says(20, 1, Verdict::Satisfied, None);
        let mut story = story.says(45, 0, Verdict::Inconclusive, Some(Reason::Reload));
        story.timeline.gaps = vec![(15 * SECOND, 31 * SECOND)];
        story.timeline.rules = vec![
            (0, Arc::new(vec![!is_away, true])),
            (30 * SECOND, Arc::new(vec![true, true])),
        ];
        story.wrongs()
    };
    assert_eq!(said(true), [""; 0]);
    assert_eq!(said(false).len(), 1);
}
