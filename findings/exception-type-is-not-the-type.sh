#!/bin/bash
# exception.type, the key rules ask for a kind of failure by, is a class only in some languages. Node writes the error's
# code instead wherever it has one ("ENOENT"), so one class has a hundred types; Go writes the outermost wrapper, so all
# errors a program passes on with %w have one type, "*fmt.wrapError".
#
# Why it matters to who writes rules: `exception.type == "Error"` is not met by an Error, and a rule on a Go error's type
# meets every wrapped error or none. The error that was meant stands in the message.
#
# Expectation: the conventions describe the key as the exception's type, by its full class name where there are classes.
# Versions: @opentelemetry/sdk-trace-base 2.12.1, OpenTelemetry SDK for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat > fail.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
const span = new BasicTracerProvider().getTracer('probe').startSpan('read');
try { readFileSync('missing'); } catch (error) { span.recordException(error); console.log('node:', error.constructor.name, 'recorded as', span.events[0].attributes['exception.type']); }
JS
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"io/fs"
	"net"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func main() {
	spans := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("probe")
	missing := &fs.PathError{Op: "open", Path: "orders", Err: fs.ErrNotExist}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: net.ErrClosed}
	for _, err := range []error{missing, fmt.Errorf("load: %w", missing), fmt.Errorf("call: %w", refused)} {
		_, span := tracer.Start(context.Background(), "read")
		span.RecordError(err)
		span.End()
	}
	for _, span := range spans.GetSpans() {
		for _, a := range span.Events[0].Attributes {
			if a.Key == "exception.type" {
				fmt.Println("go:", a.Value.AsString())
			}
		}
	}
}
GO
seen=$(node fail.mjs; nice go run .)

echo "recordException (Node 2.12.1) and RecordError (Go v1.47.0)"
echo "expected: node Error; go *fs.PathError, *fs.PathError, *net.OpError"
echo "seen:"; echo "$seen"
[ "$seen" = "node: Error recorded as ENOENT
go: *fs.PathError
go: *fmt.wrapError
go: *fmt.wrapError" ] || { echo "the behaviour changed"; exit 1; }
