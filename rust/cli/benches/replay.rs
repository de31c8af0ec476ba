//! `replay` and `replay_json`: spans a second of `betrace replay`, the process from its start to its end, on the wall; against
//! prost that decodes the same messages in memory, and serde_json that parses the same lines into the types of
//! opentelemetry-proto, each on one thread. Rows of the table that `make bench` prints.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that meets the unexpected ends there, and what it is for is its figures"
)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use betrace_bench::pairs::{compare, is_quick, pairs, wall_time};
use betrace_bench::row::{Row, folder};
use betrace_bench::rules;
use betrace_bench::shop::Shop;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

/// Batches of some 512 spans: a million spans, and a quarter of that as JSON, so that the start of a process does not count for much.
const BATCHES: usize = 2000;
const LINES: usize = 500;
const PAIRS: usize = 15;

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let few = if is_test { 16 } else { 1 };
    let shorter = if is_quick() { 2 } else { 1 };
    let home = folder().join("replay");
    fs::create_dir_all(&home).unwrap();
    let rules = home.join("rules.yaml");
    fs::write(&rules, rules::hundred()).unwrap();
    let batches = Shop::cycle(1, BATCHES / few / shorter);
    protobuf(&home, &rules, &batches);
    json(&home, &rules, &batches[..LINES / few / shorter]);
    fs::remove_dir_all(&home).unwrap();
}

fn protobuf(home: &Path, rules: &Path, batches: &[betrace_bench::shop::Batch]) {
    let path = home.join("traces.binpb");
    let mut framed = Vec::new();
    for batch in batches {
        framed.extend_from_slice(&(batch.bytes().len() as u32).to_be_bytes());
        framed.extend_from_slice(batch.bytes());
    }
    fs::write(&path, &framed).unwrap();
    drop(framed);
    let spans: usize = batches.iter().map(|batch| batch.spans()).sum();
    let decode = || {
        for batch in batches {
            black_box(ExportTraceServiceRequest::decode(batch.bytes()).unwrap());
        }
    };
    row(
        "replay",
        "prost only decoding",
        spans,
        (&path, rules),
        decode,
    );
}

fn json(home: &Path, rules: &Path, batches: &[betrace_bench::shop::Batch]) {
    let path = home.join("traces.jsonl");
    let mut text = Vec::new();
    for batch in batches {
        let request = ExportTraceServiceRequest::decode(batch.bytes()).unwrap();
        serde_json::to_writer(&mut text, &request).unwrap();
        text.push(b'\n');
    }
    fs::write(&path, &text).unwrap();
    let spans: usize = batches.iter().map(|batch| batch.spans()).sum();
    let parse = || {
        let lines = text.split(|byte| *byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            let request: ExportTraceServiceRequest = serde_json::from_slice(line).unwrap();
            black_box(request);
        }
    };
    row(
        "replay_json",
        "serde_json only parsing",
        spans,
        (&path, rules),
        parse,
    );
}

fn row(
    name: &str,
    peer_name: &str,
    spans: usize,
    (traces, rules): (&PathBuf, &Path),
    peer: impl Fn(),
) {
    let rate = |time: Duration| spans as f64 / time.as_secs_f64();
    replay(traces, rules);
    let compared = compare(
        pairs(PAIRS),
        |_| rate(wall_time(|| replay(traces, rules))),
        |_| rate(wall_time(&peer)),
    );
    let row = Row::new(name, peer_name, "spans a second", compared);
    println!("{} ({spans} spans)", row.said());
    row.keep().unwrap();
}

fn replay(traces: &Path, rules: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_betrace"))
        .arg("replay")
        .arg("--rules")
        .args([rules, traces])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    // Violations are found, and told by the code.
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
}
