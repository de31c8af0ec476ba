//! What a hundred rules over many traces add to a hundred about one, over the same spans.
//!
//! `cargo bench -p betrace-engine --bench windows` takes pairs of rounds, which of the two comes first in turn, by the processor
//! time of the thread: the median of the ratios, with the interval that holds the true median at 95 %, and whether it is within the
//! goal. The goal is told and fails nothing: what all traces cost is the measure, so that the ratio grows where that becomes less and
//! windows cost no more. What fails is a ratio that windows alone explain.
//! With `count` it runs each once, so that instructions can be counted, as `instructions.rs` says how:
//! `--toggle-collect='windows::measured_*'`, and `--dump-before='windows::measured_consume*'` for each by itself. With `one` or
//! `both` it takes as many rounds of the hundred about one alone, or of all, for a profile by time.
#![allow(clippy::print_stdout, reason = "what a bench is for is its figures")]

mod traffic;

use std::hint::black_box;

use betrace_engine::{CloseCause, Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};
use prost::Message;
use rustix::time::{ClockId, clock_gettime};

use crate::traffic::rules::of_one;

const SPANS: usize = 512;
const BATCHES: u64 = 16;
const RULES: usize = 100;
const PAIRS: usize = 101;
/// What the windows are to cost.
const GOAL: f64 = 1.25;
/// A median above this is a failure: they took 1.89 while each trace went into its windows by itself.
const BOUND: f64 = 1.4;
const NOW: u64 = 1_760_000_001_000_000_000;

/// Each measure in turn, with groups and without, held against numbers, other groups and the window before.
fn of_many(index: usize) -> String {
    let a = traffic::name(index * traffic::NAMES / RULES);
    let b = traffic::name((index * 7 + 3) % traffic::NAMES);
    match index % 10 {
        0 => format!("over 5m by user.id never {{ count({a:?}) > 100 }}"),
        1 => format!("over 1h always {{ share({a:?} and {b:?}, {a:?}) >= 1% }}"),
        2 => format!(
            "over 1h by tenant always {{ share({a:?}.where(verified), {a:?}) >= 0.8 * highest }}"
        ),
        3 => format!("over 15m by service.name always {{ p99({a:?}, span:duration) < 800ms }}"),
        4 => format!("over 1h never {{ share({a:?} and not {b:?}, {a:?}) > 3 * before }}"),
        5 => format!("over 5m never {{ distinct({a:?}, user.id) > 5000 }}"),
        6 => format!("over 5m by currency never {{ avg({a:?}, amount) > 2900 }}"),
        7 => format!("over 1m never {{ traces({a:?} and {b:?}) > 1000 }}"),
        8 => format!("over 1m never {{ max({a:?}, span:duration) > 1m }}"),
        _ => format!("over 1m never {{ count({a:?}) > 100000 }}"),
    }
}

fn engine(has_windows: bool) -> Engine {
    let mut conditions: Vec<String> = (0..RULES).map(|at| of_one(at, RULES)).collect();
    if has_windows {
        conditions.extend((0..RULES).map(of_many));
    }
    let rules = conditions.iter().enumerate();
    let rules =
        rules.map(|(at, condition)| format!("  - id: rule-{at}\n    condition: '{condition}'\n"));
    let text = format!("rules:\n{}", rules.collect::<String>());
    let Ok(rules) = compile(&[SourceFile::new("rules.yaml", text)]) else {
        unreachable!("every rule here is faultless");
    };
    let Ok(engine) = Engine::new(rules, Settings::default(), Timestamp(NOW)) else {
        unreachable!("every rule here is within the limits");
    };
    engine
}

#[inline(never)]
fn measured_consume(engine: &Engine, batches: &[Vec<u8>]) -> usize {
    for bytes in batches {
        assert!(engine.consume(bytes, Timestamp(NOW)).is_ok());
    }
    engine.close_traces(Timestamp(NOW), CloseCause::EndOfInput);
    engine.take_findings(usize::MAX).len()
}

/// Processor time of this thread for a round, in seconds; the engine is new.
fn timed(has_windows: bool, batches: &[Vec<u8>]) -> f64 {
    let engine = engine(has_windows);
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let began = now();
    black_box(measured_consume(&engine, batches));
    now() - began
}

fn main() {
    let batches: Vec<Vec<u8>> = (0..BATCHES)
        .map(|number| traffic::batch(number, SPANS).encode_to_vec())
        .collect();
    let spans = SPANS * batches.len();
    let is = |word: &str| std::env::args().any(|argument| argument == word);
    if is("count") {
        for has_windows in [false, true] {
            let findings = measured_consume(&engine(has_windows), &batches);
            println!("windows: {has_windows}, {spans} spans, {findings} findings");
        }
        return;
    }
    if is("one") || is("both") {
        let all: f64 = (0..PAIRS).map(|_| timed(is("both"), &batches)).sum();
        println!("{:.0} ns a span", all * 1e9 / (PAIRS * spans) as f64);
        return;
    }
    let pairs = if is("--test") { 1 } else { PAIRS };
    let mut ratios: Vec<f64> = (0..pairs)
        .map(|pair| {
            if pair % 2 == 0 {
                let without = timed(false, &batches);
                timed(true, &batches) / without
            } else {
                let with = timed(true, &batches);
                with / timed(false, &batches)
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    // Of a binomial of halves, 1.96 standard deviations about its middle.
    let reach = (1.96 * (pairs as f64).sqrt() / 2.0).ceil() as usize;
    let middle = pairs / 2;
    println!(
        "a hundred rules over many traces beside a hundred about one: {:.3} ({:.3} to {:.3}) times the time, {pairs} pairs of {spans} spans",
        ratios[middle],
        ratios[middle.saturating_sub(reach)],
        ratios[(middle + reach).min(pairs - 1)]
    );
    let is_reached = ratios[middle] <= GOAL;
    println!(
        "the goal of {GOAL} is {}",
        if is_reached { "reached" } else { "missed" }
    );
    assert!(
        pairs < PAIRS || ratios[middle] <= BOUND,
        "rules over many traces cost more than {BOUND} times"
    );
}
