#!/bin/bash
# A call that the `Timeout` of Go's http.Client ends is, for otelhttp's transport, of one of two error types, as chance has it:
# `context.deadlineExceededError`, or `*errors.errorString` with the message "net/http: request canceled". The deadline of the
# request and a timer of the client go off together, and whichever is first is what the transport is told.
#
# Why it matters to who writes rules: a rule on timeouts that asks for the first alone misses a part of them, and by its words the
# other looks like a caller that gave up. The longer the queue for a processor, the more of them.
#
# Expectation: one setting, one outcome, one error.type. Of a context's own deadline it is so.
# Versions: otelhttp v0.72.0, OpenTelemetry SDK for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.72.0 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sort"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

const calls = 400

func main() {
	spans := tracetest.NewInMemoryExporter()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	transport := otelhttp.NewTransport(&http.Transport{})

	for _, way := range []string{"the client's Timeout", "a context's deadline"} {
		client, ctx := http.Client{Transport: transport}, context.Background()
		if way == "the client's Timeout" {
			client.Timeout = 20 * time.Millisecond
		}
		var together sync.WaitGroup
		for range calls {
			together.Go(func() {
				ctx := ctx
				if way != "the client's Timeout" {
					limited, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
					defer cancel()
					ctx = limited
				}
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
				if err != nil {
					panic(err)
				}
				if _, err = client.Do(request); err == nil {
					panic("it was answered")
				}
			})
		}
		together.Wait()
		found := map[string]int{}
		for _, span := range spans.GetSpans() {
			kind := ""
			for _, a := range span.Attributes {
				if a.Key == "error.type" {
					kind = a.Value.AsString()
				}
			}
			found[kind]++
		}
		var kinds []string
		for kind := range found {
			kinds = append(kinds, kind)
		}
		sort.Strings(kinds)
		for _, kind := range kinds {
			fmt.Println(way, "|", kind, "|", found[kind])
		}
		spans.Reset()
	}
}
GO
seen=$(nice go run .)

echo "otelhttp v0.72.0: error.type of 400 calls that time out together, and how many there were"
echo "expected: one type of them all, whoever sets the timeout"
echo "seen:"; echo "$seen"
kinds=$(echo "$seen" | sed 's/ | [0-9]*$//')
[ "$kinds" = "the client's Timeout | *errors.errorString
the client's Timeout | context.deadlineExceededError
a context's deadline | context.deadlineExceededError" ] || { echo "the behaviour changed"; exit 1; }
