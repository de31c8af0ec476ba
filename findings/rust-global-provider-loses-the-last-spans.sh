#!/bin/bash
# A program in Rust that ends normally sends what its batch processor still holds where the provider is a variable of `main`: it is
# dropped, and with it shut down. As soon as it was also made the global one, which is how libraries find it, it is never dropped, and the
# last batch is lost without a word: of a short program every span.
#
# Why it matters to who writes rules: jobs and commands leave traces without an end or none, so that rules by absence are violated; a
# line that has nothing to do with sending decides it.
#
# Expectation: the spans are sent in both, or in neither.
# Versions: opentelemetry_sdk 0.33.1, opentelemetry 0.33.1 (Rust).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "probe"
version = "0.1.0"
edition = "2021"
[profile.dev]
debug = false
[dependencies]
opentelemetry = "=0.33.1"
opentelemetry_sdk = "=0.33.1"
TOML
cat > src/main.rs <<'RS'
use opentelemetry::global;
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};

#[derive(Debug)]
struct Printer;

impl SpanExporter for Printer {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            println!("sent {}", span.name);
        }
        Ok(())
    }
}

fn main() {
    let way = std::env::args().nth(1).unwrap();
    let provider = SdkTracerProvider::builder().with_batch_exporter(Printer).build();
    if way != "a variable" {
        global::set_tracer_provider(provider.clone());
    }
    provider.tracer("shop").start("order").end();
    if way == "global, and shut down" {
        provider.shutdown().unwrap(); // A way out.
    }
}
RS
export CARGO_TARGET_DIR="$work/target"
nice cargo build -q 2>/dev/null
seen=$(for way in "a variable" "global" "global, and shut down"; do echo "$way: $("$CARGO_TARGET_DIR/debug/probe" "$way")"; done)

echo "opentelemetry_sdk 0.33.1 (Rust): a program with one span that ends normally"
echo "expected: the same of the first two"
echo "seen:"; echo "$seen"
[ "$seen" = "a variable: sent order
global: 
global, and shut down: sent order" ] || { echo "the behaviour changed"; exit 1; }
