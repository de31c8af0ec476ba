//! The hot path as a plain program, so that its instructions can be counted, which no other load on the
//! machine disturbs:
//!
//! ```text
//! cargo bench -p betrace-engine --bench instructions --no-run
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     --toggle-collect='instructions::measured_*' target/release/deps/instructions-… [scan|steady|consume|evidence]
//! ```
//!
//! `scan` reads sixteen batches of 512 spans and matches them with the selectors of 100 rules. `consume`
//! takes the same batches through an engine of 100 rules of every kind, closes all traces and takes what was
//! found; `steady` is the steady state of a shop (`rust/bench`) under a hundred realistic rules, in which as many traces open
//! as close; `evidence` is the same with what an evidence record needs noted and taken. Each is warmed by one pass that does not count.
//! Prints how many spans went by; callgrind prints the instructions.
//!
//! `cargo bench -p betrace-engine --bench instructions -- pairs` compares `evidence` with `consume` by the processor time of the
//! thread instead, in pairs of rounds, which of the two comes first in turn: the median of the ratios, and the interval that
//! holds the true median at 95 % (by ranks, as nothing is known of how they are spread).
#![allow(clippy::print_stdout, reason = "what a bench is for is its figures")]

#[path = "traffic/selectors.rs"]
mod selectors;
mod traffic;

use std::hint::black_box;
use std::process::ExitCode;

use betrace_bench::shop::{BATCH, BEGIN, Batch, Shop};
use betrace_engine::internals::{MatchScratch, Matcher};
use betrace_engine::{CloseCause, Engine, Settings, Timestamp};
use betrace_lang::{SourceFile, compile};
use prost::Message;
use rustix::time::{ClockId, clock_gettime};

use crate::traffic::rules::of_one;

const SPANS: usize = 512;
const BATCHES: u64 = 16;
const RULES: usize = 100;
const PAIRS: usize = 401;
const NOW: u64 = 1_760_000_001_000_000_000;

fn batches() -> Vec<Vec<u8>> {
    (0..BATCHES)
        .map(|number| traffic::batch(number, SPANS).encode_to_vec())
        .collect()
}

fn rules() -> String {
    let mut text = "rules:\n".to_owned();
    for index in 0..RULES {
        let condition = of_one(index, RULES);
        text.push_str(&format!(
            "  - id: rule-{index}\n    condition: '{condition}'\n"
        ));
    }
    text
}

fn engine(kept_samples: Option<u16>) -> Engine {
    let rules = compile(&[SourceFile::new("rules.yaml", rules())]);
    let Ok(rules) = rules else {
        unreachable!("every rule here is faultless");
    };
    let engine = Engine::new(
        rules,
        Settings {
            kept_samples,
            ..Settings::default()
        },
        Timestamp(NOW),
    );
    let Ok(engine) = engine else {
        unreachable!("every rule here is within the limits");
    };
    engine
}

#[inline(never)]
fn measured_scan(matcher: &Matcher, scratch: &mut MatchScratch, batches: &[Vec<u8>]) -> usize {
    let mut hits = 0;
    for bytes in batches {
        let read = matcher.scan(bytes, scratch, |span, found| {
            hits += found.hits().len();
            black_box(span.trace_id());
        });
        assert!(read.is_ok());
    }
    hits
}

#[inline(never)]
fn measured_consume(engine: &Engine, batches: &[Vec<u8>]) -> usize {
    for bytes in batches {
        assert!(engine.consume(bytes, Timestamp(NOW)).is_ok());
    }
    engine.close_traces(Timestamp(NOW), CloseCause::EndOfInput);
    black_box(engine.take_period());
    engine.take_findings(usize::MAX).len()
}

#[inline(never)]
fn measured_steady(engine: &Engine, batches: &[Batch], number: &mut u64) -> usize {
    for batch in batches {
        *number += 1;
        let now = Timestamp(BEGIN + *number * BATCH);
        assert!(engine.consume(batch.bytes(), now).is_ok());
        engine.tick(now);
    }
    engine.take_findings(usize::MAX).len()
}

/// Batches until as many traces close as open: the idle time is over for the first.
const WARM: usize = 176;
const STEADY: usize = 16;

fn steady() {
    let mut batches: Vec<Batch> = Shop::steady(1).take(WARM + STEADY).collect();
    let rules = compile(&[SourceFile::new(
        "rules.yaml",
        betrace_bench::rules::hundred(),
    )]);
    let Ok(rules) = rules else {
        unreachable!("every rule here is faultless");
    };
    let settings = Settings {
        restart_grace: false,
        ..Settings::default()
    };
    let Ok(engine) = Engine::new(rules, settings, Timestamp(BEGIN)) else {
        unreachable!("every rule here is within the limits");
    };
    let last = batches.split_off(WARM);
    let mut number = 0;
    for batch in &batches {
        number += 1;
        let now = Timestamp(BEGIN + number * BATCH);
        assert!(engine.consume(batch.bytes(), now).is_ok());
        engine.tick(now);
    }
    let findings = measured_steady(&engine, &last, &mut number);
    let spans: usize = last.iter().map(Batch::spans).sum();
    println!("steady: {spans} spans, {findings} findings");
}

/// Processor time of this thread for a round, in seconds; the engine is new.
fn timed(samples: Option<u16>, batches: &[Vec<u8>]) -> f64 {
    let engine = engine(samples);
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let began = now();
    black_box(measured_consume(&engine, batches));
    now() - began
}

fn pairs(batches: &[Vec<u8>]) {
    let mut ratios: Vec<f64> = (0..PAIRS)
        .map(|pair| {
            if pair % 2 == 0 {
                let plain = timed(None, batches);
                timed(Some(8), batches) / plain
            } else {
                let noted = timed(Some(8), batches);
                noted / timed(None, batches)
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    // Of a binomial of halves, 1.96 standard deviations about its middle.
    let reach = (1.96 * (PAIRS as f64).sqrt() / 2.0).ceil() as usize;
    let middle = PAIRS / 2;
    println!(
        "pairs: {PAIRS} of {} spans, evidence to consume {:.4} ({:.4} to {:.4})",
        SPANS * batches.len(),
        ratios[middle],
        ratios[middle - reach],
        ratios[middle + reach]
    );
}

fn main() -> ExitCode {
    let batches = batches();
    let spans = SPANS * batches.len();
    let chosen = std::env::args().nth(1).unwrap_or_default();
    if chosen == "pairs" {
        pairs(&batches);
        return ExitCode::SUCCESS;
    }
    let is_all = !matches!(chosen.as_str(), "scan" | "steady" | "consume" | "evidence");
    if is_all || chosen == "scan" {
        let matcher = selectors::matcher(RULES);
        let mut scratch = matcher.scratch();
        for bytes in &batches {
            assert!(matcher.scan(bytes, &mut scratch, |_, _| ()).is_ok());
        }
        let hits = measured_scan(&matcher, &mut scratch, &batches);
        println!("scan: {spans} spans, {hits} hits");
    }
    if is_all || chosen == "steady" {
        steady();
    }
    for (name, samples) in [("consume", None), ("evidence", Some(8))] {
        if !is_all && chosen != name {
            continue;
        }
        // Code and allocator are warm; the engine is new, as its state is part of the work.
        let warm = engine(samples);
        for bytes in &batches {
            assert!(warm.consume(bytes, Timestamp(NOW)).is_ok());
        }
        let findings = measured_consume(&engine(samples), &batches);
        println!("{name}: {spans} spans, {findings} findings");
    }
    ExitCode::SUCCESS
}
