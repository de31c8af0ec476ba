#!/bin/bash
# Connect's interceptor for OpenTelemetry does not take a caller's trace on at a server: its span is the root of a new trace, with
# a link to the caller's span, for all callers, until `WithTrustRemote` is written. The caller sends its trace along all the same.
#
# Why it matters to who writes rules: a call and what it causes are two traces. "Each checkout leads to a charge" fires for
# every checkout, a rule on what must not happen together never does, and each server is sampled by itself.
#
# Expectation: a server takes the trace of its caller on, as otelhttp and otelgrpc do; a server that the world calls says so
# (`WithPublicEndpoint`).
# Versions: connectrpc.com/otelconnect v0.12.0, connectrpc.com/connect v1.21.1, OpenTelemetry SDK for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get connectrpc.com/otelconnect@v0.12.0 connectrpc.com/connect@v1.21.1 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const procedure = "/shop.Orders/Charge"

type order = wrapperspb.StringValue

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	for _, one := range []struct {
		name string
		more []otelconnect.Option
	}{{"as it is", nil}, {"WithTrustRemote", []otelconnect.Option{otelconnect.WithTrustRemote()}}} {
		spans := tracetest.NewSpanRecorder()
		options := []otelconnect.Option{
			otelconnect.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans))),
			otelconnect.WithPropagator(propagation.TraceContext{}), otelconnect.WithoutMetrics(),
		}
		client := must(otelconnect.NewInterceptor(options...))
		server := must(otelconnect.NewInterceptor(append(options, one.more...)...))
		mux := http.NewServeMux()
		mux.Handle(procedure, connect.NewUnaryHandler(procedure,
			func(_ context.Context, request *connect.Request[order]) (*connect.Response[order], error) {
				return connect.NewResponse(request.Msg), nil
			}, connect.WithInterceptors(server)))
		listener := httptest.NewServer(mux)
		caller := connect.NewClient[order, order](http.DefaultClient, listener.URL+procedure, connect.WithInterceptors(client))
		must(caller.CallUnary(context.Background(), connect.NewRequest(wrapperspb.String("42"))))
		listener.Close()
		traces := map[string]bool{}
		fmt.Printf("%s:", one.name)
		for _, span := range spans.Ended() {
			traces[span.SpanContext().TraceID().String()] = true
			fmt.Printf(" %s with a parent %t and %d links,", span.SpanKind(), span.Parent().IsValid(), len(span.Links()))
		}
		fmt.Printf(" traces %d\n", len(traces))
	}
}
GO
seen=$(NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 nice go run .)

echo "otelconnect v0.12.0: one call from a client to a server, both with the interceptor"
echo "expected: one trace"
echo "seen:"; echo "$seen"
[ "$seen" = "as it is: server with a parent false and 1 links, client with a parent false and 0 links, traces 2
WithTrustRemote: server with a parent true and 0 links, client with a parent false and 0 links, traces 1" ] || { echo "the behaviour changed"; exit 1; }
