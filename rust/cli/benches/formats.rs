//! How fast recordings of each kind become OTLP protobuf, beside a well-known parser of the same bytes in the same run, which
//! only parses. Prints a table; `cargo bench -p betrace-cli --bench formats`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that meets the unexpected ends there, and says what it measured"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use betrace_cli::traces::{At, Sink, read_file, read_stream};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use parquet::file::reader::{FileReader, SerializedFileReader};
use prost::Message;
use serde_json::Value;

/// Each is run so often, in turns; the middle counts.
const ROUNDS: usize = 11;

/// About so many bytes of each kind.
const BYTES: usize = 8 << 20;

#[derive(Default)]
struct Spans(u64);

impl Sink for Spans {
    fn batch(&mut self, otlp: &[u8], _: At) {
        let request = ExportTraceServiceRequest::decode(otlp).unwrap();
        let scopes = request
            .resource_spans
            .iter()
            .flat_map(|group| &group.scope_spans);
        self.0 += scopes.map(|scope| scope.spans.len() as u64).sum::<u64>();
    }
    fn broken(&mut self, at: At, message: &str) {
        assert_eq!(message, "", "{at}");
    }
    fn note(&mut self, _: &str) {}
    fn partial(&mut self, _: [u8; 16]) {}
}

/// Counts bytes alone, so that the sink costs nothing.
#[derive(Default)]
struct Bytes(usize);

impl Sink for Bytes {
    fn batch(&mut self, otlp: &[u8], _: At) {
        self.0 += black_box(otlp).len();
    }
    fn broken(&mut self, _: At, _: &str) {}
    fn note(&mut self, _: &str) {}
    fn partial(&mut self, _: [u8; 16]) {}
}

fn sample(name: &str) -> String {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats/samples");
    std::fs::read_to_string(samples.join(name))
        .unwrap()
        .trim()
        .to_owned()
}

/// The text over and over, one a line.
fn lines(text: &str) -> Vec<u8> {
    format!("{text}\n").repeat(BYTES / text.len()).into_bytes()
}

/// One document with the elements of an array over and over.
fn document(before: &str, array: &Value, after: &str) -> Vec<u8> {
    let text = array.to_string();
    let elements = &text[1..text.len() - 1];
    let count = BYTES / elements.len();
    format!("{before}[{}]{after}", vec![elements; count].join(",")).into_bytes()
}

fn values(bytes: &[u8]) -> usize {
    let stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    stream
        .filter(|value| black_box(value.as_ref().unwrap()).is_object())
        .count()
}

fn otlp_types(bytes: &[u8]) -> usize {
    let stream =
        serde_json::Deserializer::from_slice(bytes).into_iter::<ExportTraceServiceRequest>();
    stream
        .map(|request| black_box(request.unwrap()).resource_spans.len())
        .sum()
}

fn frames(bytes: &[u8]) -> usize {
    let (mut rest, mut count) = (bytes, 0);
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        count += black_box(ExportTraceServiceRequest::decode(frame).unwrap())
            .resource_spans
            .len();
        rest = after;
    }
    count
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(run: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    black_box(run());
    begun.elapsed()
}

/// One row: `ours` and `theirs` in turns.
fn row(what: &str, parser: &str, bytes: usize, spans: u64, ours: impl Fn(), theirs: impl Fn()) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_times.push(timed(&ours));
        their_times.push(timed(&theirs));
    }
    let (ours, theirs) = (
        median(our_times).as_secs_f64(),
        median(their_times).as_secs_f64(),
    );
    println!(
        "| {what} | {:.0} MB/s | {:.2} M spans/s | {parser} | {:.2} |",
        bytes as f64 / ours / 1e6,
        spans as f64 / ours / 1e6,
        theirs / ours
    );
}

fn stream(what: &str, parser: &str, bytes: &[u8], theirs: impl Fn(&[u8]) -> usize) {
    let mut spans = Spans::default();
    read_stream(bytes, Default::default(), &mut spans);
    assert!(spans.0 > 1000, "{what}: {} spans", spans.0);
    let ours = || {
        let mut sink = Bytes::default();
        read_stream(bytes, Default::default(), &mut sink);
        black_box(sink.0);
    };
    row(what, parser, bytes.len(), spans.0, ours, || {
        black_box(theirs(bytes));
    });
}

fn parquet() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/formats/samples/clickhouse.parquet");
    let bytes = std::fs::metadata(&path).unwrap().len() as usize;
    // The file is small: what opening it costs is part of both.
    const TIMES: usize = 300;
    let mut spans = Spans::default();
    read_file(&path, Default::default(), &mut spans).unwrap();
    let ours = || {
        for _ in 0..TIMES {
            let mut sink = Bytes::default();
            read_file(&path, Default::default(), &mut sink).unwrap();
            black_box(sink.0);
        }
    };
    let theirs = || {
        for _ in 0..TIMES {
            let file = std::fs::File::open(&path).unwrap();
            let reader = SerializedFileReader::new(file).unwrap();
            let rows = reader.get_row_iter(None).unwrap();
            black_box(rows.map(|row| row.unwrap().len()).sum::<usize>());
        }
    };
    row(
        "ClickHouse, Parquet (a small file)",
        "parquet's rows",
        bytes * TIMES,
        spans.0 * TIMES as u64,
        ours,
        theirs,
    );
}

fn main() {
    let tree = "serde_json, untyped";
    let field = |name: &str, key: &str| {
        let value: Value = serde_json::from_str(&sample(name)).unwrap();
        value[key].clone()
    };
    println!("| shape | rate | | parser | times as fast as the parser |\n|---|---|---|---|---|");
    let otlp = lines(&sample("otlp.jsonl"));
    stream(
        "OTLP JSON, a request a line",
        "serde_json into opentelemetry-proto",
        &otlp,
        otlp_types,
    );
    stream("OTLP JSON, a request a line", tree, &otlp, values);
    let request: ExportTraceServiceRequest =
        serde_json::from_str(&sample("otlp-document.json")).unwrap();
    let request = request.encode_to_vec();
    let frame = [&(request.len() as u32).to_be_bytes()[..], &request].concat();
    let protobuf = frame.repeat(BYTES / frame.len());
    stream(
        "OTLP protobuf behind lengths",
        "prost into opentelemetry-proto",
        &protobuf,
        frames,
    );
    let jaeger = document("{\"data\":", &field("jaeger-ui.json", "data"), "}");
    stream("Jaeger UI and API", tree, &jaeger, values);
    let zipkin: Value = serde_json::from_str(&sample("zipkin-v2.json")).unwrap();
    stream("Zipkin v2", tree, &document("", &zipkin, ""), values);
    stream(
        "Tempo API v2",
        tree,
        &lines(&sample("tempo-v2.json")),
        values,
    );
    stream(
        "ClickHouse, JSONEachRow",
        tree,
        &lines(&sample("clickhouse.jsonl")),
        values,
    );
    stream(
        "Go's stdouttrace",
        tree,
        &lines(&sample("go-stdouttrace.jsonl")),
        values,
    );
    parquet();
}
