#!/bin/bash
# OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=40, one setting for a fleet: Python and Node cut every text of a span to forty characters,
# those of its events and links too, the stack traces of exceptions among them. Go cuts the span's own attributes alone; what
# stands in an event or at a link is sent whole, however long.
#
# Why it matters to who writes rules: `exception.message contains "card declined"` holds for Go's errors and misses the same
# error of a Python service. What the limit was set for, long texts of errors and prompts, is there in full from Go.
#
# Expectation: the specification's limit is one of attributes' values, wherever attributes are.
# Versions: OpenTelemetry SDK for Go v1.47.0, opentelemetry-sdk (Python) 1.45.1, @opentelemetry/sdk-trace-base 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > probe.py <<'PY'
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, SpanContext

long = "x" * 100
span = TracerProvider().get_tracer("probe").start_span("pay", attributes={"text": long}, links=[Link(SpanContext(1, 1, True), {"text": long})])
span.record_exception(ValueError(long))
print("Python: attribute", len(span.attributes["text"]), "exception.message", len(span.events[0].attributes["exception.message"]),
      "link", len(span.links[0].attributes["text"]))
PY
cat > probe.cjs <<'JS'
const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base');
const text = 'x'.repeat(100);
const other = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 };
const span = new BasicTracerProvider().getTracer('probe').startSpan('pay', { attributes: { text }, links: [{ context: other, attributes: { text } }] });
span.recordException(new Error(text));
console.log('Node: attribute', span.attributes.text.length, 'exception.message', span.events[0].attributes['exception.message'].length,
  'link', span.links[0].attributes.text.length);
JS
cat > main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func length(attributes []attribute.KeyValue, key attribute.Key) int {
	for _, one := range attributes {
		if one.Key == key {
			return len(one.Value.AsString())
		}
	}
	return -1
}

func main() {
	text := strings.Repeat("x", 100)
	long := attribute.String("text", text)
	other := trace.NewSpanContext(trace.SpanContextConfig{TraceID: [16]byte{1}, SpanID: [8]byte{1}, TraceFlags: 1})
	_, span := sdk.NewTracerProvider().Tracer("probe").Start(context.Background(), "pay", trace.WithAttributes(long),
		trace.WithLinks(trace.Link{SpanContext: other, Attributes: []attribute.KeyValue{long}}))
	span.RecordError(errors.New(text))
	made := span.(sdk.ReadOnlySpan)
	fmt.Println("Go: attribute", length(made.Attributes(), "text"), "exception.message", length(made.Events()[0].Attributes, "exception.message"),
		"link", length(made.Links()[0].Attributes, "text"))
}
GO
export OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=40
seen=$(v/bin/python probe.py 2>/dev/null; node probe.cjs; nice go run main.go)

echo "SDKs of Python 1.45.1, Node 2.12.1 and Go v1.47.0, with a limit of 40: lengths of texts that have 100 characters"
echo "expected: 40 everywhere"
echo "seen:"; echo "$seen"
[ "$seen" = "Python: attribute 40 exception.message 40 link 40
Node: attribute 40 exception.message 40 link 40
Go: attribute 40 exception.message 100 link 100" ] || { echo "the behaviour changed"; exit 1; }
