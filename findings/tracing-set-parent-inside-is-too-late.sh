#!/bin/bash
# In tracing-opentelemetry the place of a span in its trace is settled when the span is entered for the first time. A function under
# `#[instrument]` that calls `Span::current().set_parent(...)` with what its message or request brought along, as many do, is within
# its span by then: the parent is not taken, the span is the root of a trace of its own. What `set_parent` gives back says so,
# and code that was written when it gave nothing back does not look. In an async function it is the same.
#
# Why it matters to who writes rules: a consumer or server that took its callers' traces up begins its own after an update of
# a library, so that all that it has to do for a request is missing from it.
#
# Expectation: a span that has not ended takes the parent, or the call does not compile.
# Versions: tracing-opentelemetry 0.34.0, tracing 0.1.44, opentelemetry_sdk 0.33.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "probe"
version = "0.0.0"
edition = "2021"
[dependencies]
opentelemetry = "=0.33.1"
opentelemetry_sdk = { version = "=0.33.1", features = ["testing"] }
tokio = { version = "1", features = ["rt"] }
tracing = "=0.1.44"
tracing-opentelemetry = "=0.34.0"
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["registry", "std"] }
TOML
cat > src/main.rs <<'RS'
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry::Context;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use std::collections::HashMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::prelude::*;

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn caller() -> Context {
    let headers = HashMap::from([("traceparent".to_string(), CALLER.to_string())]);
    TraceContextPropagator::new().extract(&headers)
}

#[tracing::instrument]
fn within() {
    let _ = Span::current().set_parent(caller());
}

#[tracing::instrument]
async fn within_async() {
    let _ = Span::current().set_parent(caller());
}

fn main() {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop"));
    tracing_subscriber::registry().with(layer).init();

    within();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(within_async());
    let before = tracing::info_span!("before");
    let _ = before.set_parent(caller());
    before.in_scope(|| ());
    drop(before);
    // Another way: what surrounds the function has the caller for its context.
    let attached = caller().attach();
    tracing::info_span!("attached").in_scope(|| ());
    drop(attached);

    for span in spans.get_finished_spans().unwrap() {
        let joined = span.span_context.trace_id().to_string() == CALLER[3..35];
        println!("{}: {}", span.name, if joined { "in the caller's trace" } else { "in a trace of its own" });
    }
}
RS
seen=$(nice cargo run -q 2>/dev/null)

echo "tracing-opentelemetry 0.34.0: where spans stand that are given their caller within them, and before"
echo "expected: in the caller's trace"
echo "seen:"; echo "$seen"
[ "$seen" = "within: in a trace of its own
within_async: in a trace of its own
before: in the caller's trace
attached: in the caller's trace" ] || { echo "the behaviour changed"; exit 1; }
