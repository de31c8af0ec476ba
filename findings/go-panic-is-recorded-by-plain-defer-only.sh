#!/bin/bash
# `defer span.End()` and `defer func() { span.End() }()` look alike. When the function panics, the first records an
# exception event and the second nothing, as Go's recover() works only in the function that is deferred itself. Either way
# the span's status stays UNSET.
#
# Why it matters to who writes rules: `status == ERROR` finds neither of the two, and the event that would tell is missing
# wherever a deferred function does more than end the span, such as setting an attribute or the status first.
#
# Expectation: a span that a panic leaves is an ERROR with an exception event, as one that an exception leaves is in
# Python, however its end is written.
# Versions: OpenTelemetry SDK for Go v1.47.0, Go 1.26.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func main() {
	spans := tracetest.NewSpanRecorder()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("probe")
	for _, charge := range []func(){
		func() {
			_, span := tracer.Start(context.Background(), "defer span.End()")
			defer span.End()
			panic("card refused")
		},
		func() {
			_, span := tracer.Start(context.Background(), "defer func() { span.End() }()")
			defer func() { span.End() }()
			panic("card refused")
		},
	} {
		func() {
			defer func() { _ = recover() }() // as a server's recovery does
			charge()
		}()
	}
	for _, span := range spans.Ended() {
		fmt.Printf("%s: %s, %d exception events\n", span.Name(), span.Status().Code, len(span.Events()))
	}
}
GO
seen=$(nice go run .)

echo "OpenTelemetry SDK for Go v1.47.0: two functions that panic"
echo "expected: two spans with Error and an exception event each"
echo "seen:"; echo "$seen"
[ "$seen" = "defer span.End(): Unset, 1 exception events
defer func() { span.End() }(): Unset, 0 exception events" ] || { echo "the behaviour changed"; exit 1; }
