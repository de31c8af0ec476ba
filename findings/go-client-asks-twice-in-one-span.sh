#!/bin/bash
# Go's client sends a GET once more by itself where a kept connection was closed before an answer. otelhttp wraps the transport
# that does it: one CLIENT span, http.request.resend_count is not set, and the server has two spans below it.
#
# Why it matters to who writes rules: "each call is served once" and rules on retries count one call and two requests; which
# of the two was answered is in no attribute of the client.
#
# Expectation: the HTTP conventions give each physical request a span of its own, and count what was sent before in
# http.request.resend_count.
# Versions: otelhttp v0.72.0, OpenTelemetry SDK for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.72.0 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	spans := tracetest.NewInMemoryExporter()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	// The second request finds its connection closed, as behind a server that restarts or a balancer that has waited enough.
	var requests atomic.Int32
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 2 {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			connection.Close()
			return
		}
		fmt.Fprint(w, "ok")
	})
	var served sync.WaitGroup
	traced := otelhttp.NewHandler(handler, "server")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		defer served.Done()
		traced.ServeHTTP(w, r)
	}))
	client := http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	for range 2 {
		answer, err := client.Get(server.URL)
		if err != nil {
			panic(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
	server.Close()
	served.Wait()
	resent, clients, servers := 0, 0, 0
	for _, span := range spans.GetSpans() {
		switch span.SpanKind {
		case trace.SpanKindClient:
			clients++
		case trace.SpanKindServer:
			servers++
		}
		for _, attribute := range span.Attributes {
			if attribute.Key == "http.request.resend_count" {
				resent++
			}
		}
	}
	fmt.Printf("%d client spans, %d server spans, resend_count on %d\n", clients, servers, resent)
}
GO
seen=$(nice go run .)

echo "otelhttp v0.72.0: two calls, the second over a connection that is closed meanwhile"
echo "expected: 3 client spans, 3 server spans, resend_count on 1"
echo "seen:     $seen"
[ "$seen" = '2 client spans, 3 server spans, resend_count on 0' ] || { echo "the behaviour changed"; exit 1; }
