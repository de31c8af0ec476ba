#!/bin/bash
# With Rust's fastrace a function that is marked `#[trace]` and runs where no span is current, such as in a thread or a task of
# its own that was not handed one, leaves no span at all: neither a root nor an orphan, and no count of what is lost.
# What goes over a channel to a worker is not in any trace.
#
# Why it matters to who writes rules: "never a payment without its approval" does not see the payments that workers make, and
# "each order is charged" is violated by orders that were charged elsewhere.
#
# Expectation: a span without a parent is the root of a trace, as in tracing and in every SDK of OpenTelemetry.
# Versions: fastrace 0.7.19, fastrace-opentelemetry 0.19.0; tracing-opentelemetry 0.34.0, opentelemetry_sdk 0.33.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "probe"
version = "0.1.0"
edition = "2021"
[dependencies]
fastrace = { version = "=0.7.19", features = ["enable"] }
fastrace-opentelemetry = "=0.19.0"
opentelemetry = "=0.33.1"
opentelemetry_sdk = { version = "=0.33.1", features = ["testing"] }
tracing = "=0.1.44"
tracing-opentelemetry = "=0.34.0"
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["registry"] }
TOML
cat > src/main.rs <<'RUST'
use fastrace::prelude::{Span, SpanContext};
use opentelemetry::{trace::TracerProvider, InstrumentationScope};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use std::{borrow::Cow, thread};
use tracing_subscriber::prelude::*;

#[fastrace::trace(name = "charge")]
fn charge_by_fastrace() {}

#[tracing::instrument(name = "charge")]
fn charge_by_tracing() {}

fn show(library: &str, spans: &InMemorySpanExporter) {
    let names: Vec<_> = spans.get_finished_spans().unwrap().iter().map(|span| span.name.to_string()).collect();
    println!("{library}: {}", names.join(", "));
}

fn main() {
    let spans = InMemorySpanExporter::default();
    let reporter = fastrace_opentelemetry::OpenTelemetryReporter::new(
        spans.clone(), Cow::Owned(opentelemetry_sdk::Resource::builder().build()), InstrumentationScope::builder("probe").build());
    fastrace::set_reporter(reporter, fastrace::collector::Config::default());
    {
        let request = Span::root("request", SpanContext::random());
        let _current = request.set_local_parent();
        charge_by_fastrace();
        thread::spawn(charge_by_fastrace).join().unwrap();
    }
    fastrace::flush();
    show("fastrace", &spans);

    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(provider.tracer("probe"))).init();
    tracing::info_span!("request").in_scope(|| {
        charge_by_tracing();
        thread::spawn(charge_by_tracing).join().unwrap();
    });
    show("tracing", &spans);
}
RUST
seen=$(CARGO_TARGET_DIR="$work/target" nice cargo run -q)

echo "fastrace 0.7.19, tracing 0.1.44: a request that charges twice, the second time in a thread"
echo "expected: two charges of both"
echo "seen:"; echo "$seen"
[ "$seen" = "fastrace: charge, request
tracing: charge, charge, request" ] || { echo "the behaviour changed"; exit 1; }
