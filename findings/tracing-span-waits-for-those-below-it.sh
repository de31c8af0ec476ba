#!/bin/bash
# With Rust's tracing a span is not over until each span below it is. A request that starts a task and answers is sent only when
# that task's span has ended, with its own right times; while the task goes on, as a worker's or a subscription's does, the
# request is never sent, nor at the provider's shutdown. Where the task takes the request's span itself along
# (`in_current_span`), the request lasts as long as the task.
#
# Why it matters to who writes rules: the root of a trace comes after all else or never, so that rules that wait for it are late
# or undecided, and "an answer within a second" is violated by requests that answered at once.
#
# Expectation: a span is sent when it ends, whatever still runs below it, as in every SDK of OpenTelemetry.
# Versions: tracing-opentelemetry 0.34.0, tracing 0.1.44, tracing-subscriber 0.3.23, opentelemetry_sdk 0.33.1, tokio 1.
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
tokio = { version = "1", features = ["macros", "rt", "time"] }
tracing = "=0.1.44"
tracing-opentelemetry = "=0.34.0"
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["registry"] }
TOML
cat > src/main.rs <<'RUST'
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use std::time::Duration;
use tokio::time::sleep;
use tracing::{info_span, instrument, Instrument};
use tracing_subscriber::prelude::*;

#[instrument]
async fn request_with_no_task() {}

#[instrument]
async fn request_with_a_task() {
    tokio::spawn(sleep(Duration::from_millis(300)).instrument(info_span!("task")));
}

#[instrument]
async fn request_whose_task_is_in_it() {
    tokio::spawn(sleep(Duration::from_millis(500)).in_current_span());
}

#[instrument]
async fn request_with_a_worker() {
    tokio::spawn(std::future::pending::<()>().instrument(info_span!("worker")));
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("probe"));
    tracing_subscriber::registry().with(layer).init();
    let show = |when: &str| {
        println!("{when}:");
        for span in spans.get_finished_spans().unwrap() {
            let took = span.end_time.duration_since(span.start_time).unwrap();
            println!("  {} {}", span.name, if took < Duration::from_millis(200) { "at once" } else { "long" });
        }
        spans.reset();
    };
    request_with_no_task().await;
    request_with_a_task().await;
    request_whose_task_is_in_it().await;
    request_with_a_worker().await;
    show("all have answered");
    sleep(Duration::from_secs(1)).await;
    show("a second later");
    provider.force_flush().unwrap();
    show("flushed");
}
RUST
seen=$(CARGO_TARGET_DIR="$work/target" nice cargo run -q)

echo "tracing-opentelemetry 0.34.0: four requests that answer at once; of three a task goes on, of the last for ever"
echo "expected: four requests, each at once, when all have answered"
echo "seen:"; echo "$seen"
[ "$seen" = "all have answered:
  request_with_no_task at once
a second later:
  task long
  request_with_a_task at once
  request_whose_task_is_in_it long
flushed:" ] || { echo "the behaviour changed"; exit 1; }
