#!/bin/bash
# In OTLP as JSON the Collector takes null for a list, a text, a status or a value, as protobuf's JSON has it for every field, and refuses
# it for an id, a time and a kind: a root whose `parentSpanId` is null, as a program writes it that has none, takes the whole request along,
# or in a file the line. An integer that a language writes as 12.0, and bytes in the alphabet of URLs, likewise.
#
# Why it matters to who writes rules: senders and files that were written by hand or by another language's JSON have their children taken
# and every batch with a root refused, so that rules see orphans that wait for their root.
#
# Expectation: OTLP's JSON is protobuf's but for ids and enums, whose page says "null is an accepted value for all field types" and names
# these forms of numbers and bytes.
# What to do, run here: leave out what is null.
# Versions: Collector pdata v1.64.0; protojson of google.golang.org/protobuf v1.36.12 with go.opentelemetry.io/proto/otlp v1.9.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/collector/pdata@v1.64.0 go.opentelemetry.io/proto/otlp@v1.9.0 google.golang.org/protobuf@v1.36.12 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/ptrace"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

func said(err error) string {
	if err != nil {
		return "refused"
	}
	return "taken"
}

func main() {
	for _, field := range []string{
		`"links": null`, `"name": null`, `"status": null`, `"attributes": [{"key": "a", "value": null}]`,
		`"parentSpanId": null`, `"endTimeUnixNano": null`, `"kind": null`, `"status": {"code": null}`,
		`"attributes": [{"key": "a", "value": {"intValue": 12.0}}]`, `"attributes": [{"key": "a", "value": {"bytesValue": "-_8"}}]`,
		`"name": "root"`,
	} {
		// The child is without fault, and stands first.
		text := []byte(`{"resourceSpans": [{"scopeSpans": [{"spans": [
			{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "parentSpanId": "eee19b7ec3c1b173", "name": "child"},
			{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b173", ` + field + `}]}]}]}`)
		var decoder ptrace.JSONUnmarshaler
		traces, err := decoder.UnmarshalTraces(text)
		spans := 0
		if err == nil {
			spans = traces.SpanCount()
		}
		fmt.Printf("%s: %s by protobuf, %s by the Collector, %d spans\n", field, said(protojson.Unmarshal(text, new(otlp.TracesData))), said(err), spans)
	}
}
GO
seen=$(nice go run .)

echo "pdata v1.64.0: a request of two spans as JSON, of which the second has this field"
echo "expected: taken each time, as by protobuf"
echo "seen:"; echo "$seen"
[ "$seen" = '"links": null: taken by protobuf, taken by the Collector, 2 spans
"name": null: taken by protobuf, taken by the Collector, 2 spans
"status": null: taken by protobuf, taken by the Collector, 2 spans
"attributes": [{"key": "a", "value": null}]: taken by protobuf, taken by the Collector, 2 spans
"parentSpanId": null: taken by protobuf, refused by the Collector, 0 spans
"endTimeUnixNano": null: taken by protobuf, refused by the Collector, 0 spans
"kind": null: taken by protobuf, refused by the Collector, 0 spans
"status": {"code": null}: taken by protobuf, refused by the Collector, 0 spans
"attributes": [{"key": "a", "value": {"intValue": 12.0}}]: taken by protobuf, refused by the Collector, 0 spans
"attributes": [{"key": "a", "value": {"bytesValue": "-_8"}}]: taken by protobuf, refused by the Collector, 0 spans
"name": "root": taken by protobuf, taken by the Collector, 2 spans' ] || { echo "the behaviour changed"; exit 1; }
