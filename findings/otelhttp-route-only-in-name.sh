#!/bin/bash
# otelhttp around a ServeMux (the usual way to instrument a service at once) names the server span "GET /users/{id}" but leaves
# http.route out. Around the handler of one route, inside the mux, it sets both.
#
# Why it matters to who writes rules: a rule on http.route (admin pages, deprecated routes, health checks left out) never
# matches the commonest set-up in Go, although the route is plainly known: it stands in the name.
#
# Expectation: the HTTP conventions build the name as "{method} {http.route}": who has the one has the other.
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
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func main() {
	spans := tracetest.NewInMemoryExporter()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })

	plain := http.NewServeMux()
	plain.Handle("GET /users/{id}", handler)
	each := http.NewServeMux()
	each.Handle("GET /users/{id}", otelhttp.NewHandler(handler, "user"))

	for _, set := range []struct {
		name string
		http.Handler
	}{{"around the mux", otelhttp.NewHandler(plain, "server")}, {"inside the mux", each}} {
		server := httptest.NewServer(set)
		answer, err := http.Get(server.URL + "/users/7")
		if err != nil {
			panic(err)
		}
		answer.Body.Close()
		server.Close()
		span, route := spans.GetSpans()[0], "none"
		for _, a := range span.Attributes {
			if a.Key == "http.route" {
				route = a.Value.AsString()
			}
		}
		fmt.Printf("%s: name %q, http.route %s\n", set.name, span.Name, route)
		spans.Reset()
	}
}
GO
seen=$(nice go run .)

echo "otelhttp v0.72.0: the server span of GET /users/7"
echo "expected: http.route /users/{id} in both set-ups"
echo "seen:"; echo "$seen"
[ "$seen" = 'around the mux: name "GET /users/{id}", http.route none
inside the mux: name "GET /users/{id}", http.route /users/{id}' ] || { echo "the behaviour changed"; exit 1; }
