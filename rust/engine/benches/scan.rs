//! Scanning and matching a batch, against prost decoding the same bytes and doing nothing with them.
//!
//! Criterion measures each side; then interleaved pairs give the ratio, with its median and spread.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a bench is for is its figures"
)]

#[path = "traffic/selectors.rs"]
mod selectors;
mod traffic;

use std::hint::black_box;
use std::time::{Duration, Instant};

use betrace_engine::internals::{MatchScratch, Matcher};
use criterion::{Criterion, Throughput, criterion_group};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

const SPANS: usize = 512;
const BATCHES: u64 = 16;
const PAIRS: usize = 31;

fn batches() -> Vec<Vec<u8>> {
    (0..BATCHES)
        .map(|number| traffic::batch(number, SPANS).encode_to_vec())
        .collect()
}

#[inline(never)]
fn scan(matcher: &Matcher, scratch: &mut MatchScratch, bytes: &[u8]) -> usize {
    let mut hits = 0;
    let result = matcher.scan(bytes, scratch, |view, found| {
        hits += found.hits().len();
        black_box(view.trace_id());
    });
    assert!(result.is_ok());
    hits
}

fn benches(criterion: &mut Criterion) {
    let batches = batches();
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Elements(SPANS as u64));
    for rules in [10, 100, 10_000] {
        let matcher = selectors::matcher(rules);
        let mut scratch = matcher.scratch();
        let mut next = batches.iter().cycle();
        group.bench_function(format!("{rules}_rules"), |bencher| {
            bencher.iter(|| next.next().map(|bytes| scan(&matcher, &mut scratch, bytes)));
        });
    }
    let mut next = batches.iter().cycle();
    group.bench_function("prost_decode", |bencher| {
        bencher.iter(|| {
            next.next()
                .map(|bytes| ExportTraceServiceRequest::decode(&bytes[..]))
        });
    });
    group.finish();
}

fn time(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Median and quartiles of `ours / theirs` over interleaved pairs.
fn ratio(mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (f64, f64, f64) {
    let mut ratios: Vec<f64> = (0..PAIRS)
        .map(|_| time(&mut ours).as_secs_f64() / time(&mut theirs).as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    (ratios[PAIRS / 4], ratios[PAIRS / 2], ratios[PAIRS * 3 / 4])
}

fn show(name: &str, (low, median, high): (f64, f64, f64)) {
    println!("{name}: {median:.3} ({low:.3} to {high:.3})");
}

fn ratios() {
    let batches = batches();
    let bytes: usize = batches.iter().map(Vec::len).sum();
    let spans = SPANS * batches.len();
    let matcher = selectors::matcher(100);
    let mut scratch = matcher.scratch();
    let hits: usize = batches
        .iter()
        .map(|bytes| scan(&matcher, &mut scratch, bytes))
        .sum();
    println!(
        "{spans} spans, {} bytes and {:.1} selectors a span",
        bytes / spans,
        hits as f64 / spans as f64
    );
    let all = |matcher: &Matcher, scratch: &mut MatchScratch| {
        for bytes in &batches {
            black_box(scan(matcher, scratch, bytes));
        }
    };
    let decode = || {
        for bytes in &batches {
            assert!(black_box(ExportTraceServiceRequest::decode(&bytes[..])).is_ok());
        }
    };
    show(
        "scan and match with 100 rules / prost only decoding",
        ratio(|| all(&matcher, &mut scratch), decode),
    );
    let (few, many) = (selectors::matcher(10), selectors::matcher(10_000));
    let (mut of_few, mut of_many) = (few.scratch(), many.scratch());
    show(
        "scan and match with 10,000 rules / with 10",
        ratio(|| all(&many, &mut of_many), || all(&few, &mut of_few)),
    );
}

criterion_group!(groups, benches);

fn main() {
    groups();
    if !std::env::args().any(|argument| argument == "--test") {
        ratios();
    }
    Criterion::default().configure_from_args().final_summary();
}
