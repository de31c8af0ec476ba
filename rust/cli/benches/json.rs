//! OTLP JSON lines: our reader into protobuf bytes against serde_json into the opentelemetry-proto types.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

use std::hint::black_box;

use betrace_cli::traces::{At, Sink, read_stream};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

const LINES: u64 = 40;
const SPANS: u64 = 50;
const KEYS: [&str; 12] = [
    "http.request.method",
    "http.response.status_code",
    "url.path",
    "server.address",
    "server.port",
    "user_agent.original",
    "network.protocol.version",
    "db.system.name",
    "db.query.text",
    "order.id",
    "amount",
    "thread.name",
];

fn attribute(key: &str, seed: u64) -> KeyValue {
    let value = match seed % 4 {
        0 => Value::IntValue(seed.cast_signed() % 100_000),
        1 => Value::StringValue(format!("value {seed} of the attribute")),
        2 => Value::DoubleValue(seed as f64 / 7.0),
        _ => Value::StringValue(format!("/api/v1/orders/{seed}/items \"q\"")),
    };
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn span(id: u64) -> Span {
    Span {
        trace_id: u128::from(id / 8 + 1).to_be_bytes().to_vec(),
        span_id: (id + 1).to_be_bytes().to_vec(),
        parent_span_id: id.to_be_bytes().to_vec(),
        name: format!("GET /orders/{}", id % 200),
        kind: 2,
        start_time_unix_nano: 1_700_000_000_000_000_000 + id,
        end_time_unix_nano: 1_700_000_000_001_000_000 + id,
        attributes: KEYS
            .iter()
            .zip(0..)
            .map(|(k, i)| attribute(k, id * 12 + i))
            .collect(),
        status: Some(Status::default()),
        ..Span::default()
    }
}

fn lines() -> Vec<u8> {
    let mut text = Vec::new();
    for line in 0..LINES {
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource {
                    attributes: vec![attribute("service.name", 1)],
                    ..Resource::default()
                }),
                scope_spans: vec![ScopeSpans {
                    spans: (line * SPANS..(line + 1) * SPANS).map(span).collect(),
                    ..ScopeSpans::default()
                }],
                ..ResourceSpans::default()
            }],
        };
        serde_json::to_writer(&mut text, &request).unwrap();
        text.push(b'\n');
    }
    text
}

struct Bytes(usize);

impl Sink for Bytes {
    fn batch(&mut self, otlp: &[u8], _: At) {
        self.0 += black_box(otlp).len();
    }
    fn broken(&mut self, _: At, _: &str) {}
    fn note(&mut self, _: &str) {}
    fn partial(&mut self, _: [u8; 16]) {}
}

fn bench(criterion: &mut Criterion) {
    let text = lines();
    let mut group = criterion.benchmark_group("otlp_json_lines");
    group.throughput(Throughput::Elements(LINES * SPANS));
    group.bench_function("betrace", |bencher| {
        bencher.iter_batched(
            || std::io::Cursor::new(text.clone()),
            |stream| {
                let mut sink = Bytes(0);
                read_stream(stream, Default::default(), &mut sink);
                sink.0
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("serde_json into opentelemetry-proto", |bencher| {
        bencher.iter(|| {
            text.split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice::<ExportTraceServiceRequest>(line).unwrap())
                .map(|request| black_box(request).resource_spans.len())
                .sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
