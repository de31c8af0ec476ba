//! `engine_100_rules`: from OTLP bytes to verdicts of a hundred rules in the steady state of the default settings, in which
//! some 10,000 traces are live, 60,000 closed ones wait for late spans, and as many traces close as open; against prost
//! that decodes the same bytes, and drops what it decoded.

use std::hint::black_box;

use betrace_bench::pairs::{compare, pairs, processor_time};
use betrace_bench::row::Row;
use betrace_bench::shop::{Batch, Shop};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::running::{Running, nanos, settings, spans};

/// Batches that there are, that are measured at once, and after which nothing changes any more: the idle time and that for
/// late spans are over for the first traces.
const BATCHES: usize = 64;
const AT_ONCE: usize = 8;
const WARM: usize = 1_200;
const PAIRS: usize = 101;

/// Ours alone, without an end: tells what a span took of each cycle of the batches, for `turns.py`.
pub fn endless() -> ! {
    let (mut batches, mut running, mut round) = warmed();
    loop {
        renumber(&mut batches, &mut round);
        let time = processor_time(|| running.take(batches.iter()));
        println!("{:.1}", nanos(time, spans(&batches)));
    }
}

/// Batches, an engine in which as many traces come as go, and how many cycles it took.
fn warmed() -> (Vec<Batch>, Running, u64) {
    let mut batches = Shop::cycle(1, BATCHES);
    let mut running = Running::new(settings());
    let mut round = 0;
    for _ in 0..WARM.div_ceil(BATCHES) {
        renumber(&mut batches, &mut round);
        running.take(batches.iter());
    }
    (batches, running, round)
}

pub fn row() -> Row {
    let (batches, mut running, mut round) = warmed();
    let before = running.engine.stats();
    let batches = std::cell::RefCell::new(batches);
    let of_pair = |pair: usize| pair * AT_ONCE % BATCHES;
    let compared = compare(
        pairs(PAIRS),
        |pair| {
            let at = of_pair(pair);
            let all = &mut *batches.borrow_mut();
            if at == 0 {
                renumber(all, &mut round);
            }
            let batches = &all[at..at + AT_ONCE];
            nanos(
                processor_time(|| running.take(batches.iter())),
                spans(batches),
            )
        },
        |pair| {
            let at = of_pair(pair);
            let batches = &batches.borrow()[at..at + AT_ONCE];
            nanos(processor_time(|| decode(batches)), spans(batches))
        },
    );
    let stats = running.engine.stats();
    let evaluated = (stats.spans.evaluated - before.spans.evaluated) as f64;
    let matched = |stats: &betrace_engine::Stats| {
        stats
            .rules
            .iter()
            .map(|rule| rule.spans_matched)
            .sum::<u64>()
    };
    let closed = stats.closed_traces - before.closed_traces;
    println!(
        "    {} live traces, {} closed ones kept, {:.1} MiB; a span is selected for {:.1} rules, and {:.2} % of traces break one",
        stats.live_traces,
        stats.remembered_traces,
        stats.memory_bytes as f64 / f64::from(1 << 20),
        (matched(&stats) - matched(&before)) as f64 / evaluated,
        violations(&stats, &before) as f64 * 100.0 / closed.max(1) as f64
    );
    Row::new(
        "engine_100_rules",
        "prost only decoding",
        "ns a span",
        compared,
    )
}

fn violations(stats: &betrace_engine::Stats, before: &betrace_engine::Stats) -> u64 {
    let all =
        |stats: &betrace_engine::Stats| stats.rules.iter().map(|rule| rule.violated).sum::<u64>();
    all(stats) - all(before)
}

fn renumber(batches: &mut [Batch], round: &mut u64) {
    *round += 1;
    for batch in batches {
        batch.renumber(*round);
    }
}

fn decode(batches: &[Batch]) {
    for batch in batches {
        assert!(black_box(ExportTraceServiceRequest::decode(batch.bytes())).is_ok());
    }
}
