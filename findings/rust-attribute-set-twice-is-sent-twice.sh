#!/bin/bash
# Setting an attribute a second time on a Rust span does not replace the first value: the span is exported with the key
# twice, old value first. (Python, Node, Java and Go send the last one.)
#
# Why it matters to who writes rules: "state" set to "pending" and then to "done" is both. What a rule sees depends on
# whether the tool behind it takes the first or the last; a map on the way keeps one by chance of its order.
#
# Expectation: the specification says that setting an attribute with the same key overwrites its value, and OTLP that
# attribute keys must be unique.
# Versions: opentelemetry and opentelemetry_sdk 0.33.1 (crates).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "probe"
version = "0.1.0"
edition = "2021"
[dependencies]
opentelemetry = "=0.33.1"
opentelemetry_sdk = { version = "=0.33.1", features = ["testing"] }
TOML
cat > src/main.rs <<'RUST'
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

fn main() {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let mut span = provider.tracer("probe").start("order");
    span.set_attribute(KeyValue::new("state", "pending"));
    span.set_attribute(KeyValue::new("state", "done"));
    span.end();
    for attribute in &spans.get_finished_spans().unwrap()[0].attributes {
        println!("{}={}", attribute.key, attribute.value);
    }
}
RUST
seen=$(CARGO_TARGET_DIR="$work/target" nice cargo run -q)

echo "opentelemetry_sdk 0.33.1 (Rust): set_attribute state=pending, then state=done"
echo "expected: state=done"
echo "seen:"; echo "$seen"
[ "$seen" = "state=pending
state=done" ] || { echo "the behaviour changed"; exit 1; }
