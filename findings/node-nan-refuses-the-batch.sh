#!/bin/bash
# One attribute that is NaN (a mean of nothing, a failed parse) makes the Node SDK's OTLP/JSON unreadable: it is sent as
# {"doubleValue": null}, and the Collector's reader refuses the whole request, with every other span in it.
#
# Why it matters to who writes rules: up to a batch of spans of other requests is missing because one number was not
# one. Rules that fire on absence ("no audit span follows") fire on innocent traces.
#
# Expectation: the JSON mapping of protobuf, which OTLP/JSON follows, writes "NaN" as text, and readers take it; the
# SDK's binary encoding of the same span carries NaN without harm.
# Versions: @opentelemetry/sdk-trace-base 2.12.1, @opentelemetry/otlp-transformer 0.223.1, Collector pdata v1.64.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/otlp-transformer@0.223.1 >/dev/null
cat > send.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';

const spans = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const tracer = provider.getTracer('probe');
tracer.startSpan('innocent').end();
tracer.startSpan('mean', { attributes: { mean: 0 / 0 } }).end();
writeFileSync('request.json', JsonTraceSerializer.serializeRequest(spans.getFinishedSpans()));
writeFileSync('request.bin', ProtobufTraceSerializer.serializeRequest(spans.getFinishedSpans()));
JS
node send.mjs

export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/collector/pdata@v1.64.0 2>/dev/null
cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

func main() {
	text, err := os.ReadFile("request.json")
	if err != nil {
		panic(err)
	}
	bytes, err := os.ReadFile("request.bin")
	if err != nil {
		panic(err)
	}
	fmt.Println("sent as doubleValue null:", strings.Contains(string(text), `{"doubleValue":null}`))
	asJSON, asBinary := ptraceotlp.NewExportRequest(), ptraceotlp.NewExportRequest()
	err = asJSON.UnmarshalJSON(text)
	fmt.Println("json refused:", err != nil)
	err = asBinary.UnmarshalProto(bytes)
	fmt.Println("binary refused:", err != nil, "spans:", asBinary.Traces().SpanCount())
}
GO
seen=$(nice go run .)

echo "otlp-transformer 0.223.1 sends two spans, one with a NaN, to pdata v1.64.0"
echo "expected: both encodings are read, two spans each"
echo "seen:"; echo "$seen"
[ "$seen" = "sent as doubleValue null: true
json refused: true
binary refused: false spans: 2" ] || { echo "the behaviour changed"; exit 1; }
