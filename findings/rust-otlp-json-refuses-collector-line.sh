#!/bin/bash
# A line that the Collector's own JSON writer made is refused by the Rust crate of OTLP's messages when one attribute is
# an empty list or not a number: `{"arrayValue":{}}` lacks a field for it, and "NaN" is text to it.
#
# Why it matters to who writes rules: tools written in Rust stop at the first such line of a recording, or skip it with
# all the spans in it (one line is one batch).
#
# Expectation: both sides name the same format; protobuf's JSON mapping leaves empty lists out and writes "NaN".
# Versions: Collector pdata v1.64.0; crates opentelemetry-proto 0.33.1 (with-serde) and serde_json 1.0.150.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/collector/pdata@v1.64.0 2>/dev/null
cat > main.go <<'GO'
package main

import (
	"fmt"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func main() {
	for _, set := range []func(pcommon.Map){
		func(m pcommon.Map) { m.PutEmptySlice("tags").AppendEmpty().SetStr("a") },
		func(m pcommon.Map) { m.PutEmptySlice("tags") },
		func(m pcommon.Map) { m.PutDouble("mean", math.NaN()) },
	} {
		traces := ptrace.NewTraces()
		span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{15: 1})
		span.SetSpanID(pcommon.SpanID{7: 1})
		set(span.Attributes())
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}
GO
nice go run . > lines
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "probe"
version = "0.1.0"
edition = "2021"
[dependencies]
opentelemetry-proto = { version = "=0.33.1", default-features = false, features = ["gen-tonic-messages", "trace", "with-serde"] }
serde_json = "=1.0.150"
TOML
cat > src/main.rs <<'RUST'
use opentelemetry_proto::tonic::trace::v1::TracesData;

fn main() {
    for (name, line) in ["a list of one", "an empty list", "NaN"].iter().zip(std::fs::read_to_string("lines").unwrap().lines()) {
        match serde_json::from_str::<TracesData>(line) {
            Ok(_) => println!("{name}: read"),
            Err(error) => println!("{name}: {}", error.to_string().split(" at line").next().unwrap()),
        }
    }
}
RUST
seen=$(CARGO_TARGET_DIR="$work/target" nice cargo run -q)

echo "opentelemetry-proto 0.33.1 (Rust) reads lines written by pdata v1.64.0"
echo "expected: all three are read"
echo "seen:"; echo "$seen"
[ "$seen" = 'a list of one: read
an empty list: missing field `values`
NaN: invalid type: string "NaN", expected f64' ] || { echo "the behaviour changed"; exit 1; }
