#!/bin/bash
# In tracing-opentelemetry the same number is an integer or a text by the sign of its Rust type: i64 and i32 become
# integers, u16 (an HTTP status code), u64 and usize (every length and count) become text.
#
# Why it matters to who writes rules: `items > 100` compares text with a number; sums leave those spans out; a status
# code equals no status code.
#
# Expectation: a count is a number. Values that fit an OTLP integer are sent as one, those above 2^63 might not be.
# Versions: tracing-opentelemetry 0.34.0, opentelemetry_sdk 0.33.1, tracing 0.1.44, tracing-subscriber 0.3.23.
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
tracing = "=0.1.44"
tracing-opentelemetry = "=0.34.0"
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["registry"] }
TOML
cat > src/main.rs <<'RUST'
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing_subscriber::prelude::*;

fn main() {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("probe"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let basket = ["tea", "cup"];
        tracing::info_span!("order", as_i32 = 2i32, as_u16 = 2u16, as_u64 = 2u64, items = basket.len()).in_scope(|| ());
    });
    for attribute in &spans.get_finished_spans().unwrap()[0].attributes {
        if attribute.key.as_str().starts_with("as_") || attribute.key.as_str() == "items" {
            println!("{} {:?}", attribute.key, attribute.value);
        }
    }
}
RUST
seen=$(CARGO_TARGET_DIR="$work/target" nice cargo run -q)

echo "tracing-opentelemetry 0.34.0: the number 2 in four types"
echo "expected: I64(2) four times"
echo "seen:"; echo "$seen"
[ "$seen" = 'as_i32 I64(2)
as_u16 String(Owned("2"))
as_u64 String(Owned("2"))
items String(Owned("2"))' ] || { echo "the behaviour changed"; exit 1; }
