#!/bin/bash
# gorilla/mux runs its middleware only where a route fits, and otelmux is middleware: a request for a path that no route takes (404), with
# a method that its route does not (405), or that the router sends elsewhere (301) has no SERVER span. What a program refuses itself, in
# a later middleware or in the handler, has one. otelhttp around the router sees all.
#
# Why it matters to who writes rules: the caller's span stands alone, as if the service were not traced, so that "each call has a server
# span" is violated; who tries paths one after another is not in the traces at all.
#
# Expectation: a request that was answered has a span with the code it was answered with.
# Versions: otelmux 0.58.0, gorilla/mux 1.8.1, sdk (Go) 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/instrumentation/github.com/gorilla/mux/otelmux@v0.58.0 github.com/gorilla/mux@v1.8.1 \
  go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.72.0 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gorilla/mux"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gorilla/mux/otelmux"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func main() {
	for _, by := range []string{"otelmux", "otelhttp"} {
		recorder := tracetest.NewSpanRecorder()
		provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(recorder))
		router := mux.NewRouter()
		var handler http.Handler = router
		if by == "otelmux" {
			router.Use(otelmux.Middleware("shop", otelmux.WithTracerProvider(provider)))
		} else {
			handler = otelhttp.NewHandler(router, "shop", otelhttp.WithTracerProvider(provider))
		}
		router.HandleFunc("/orders/{id}", func(answer http.ResponseWriter, request *http.Request) {
			if mux.Vars(request)["id"] == "0" {
				http.NotFound(answer, request)
			}
		}).Methods("GET")
		for _, line := range []string{"GET /orders/1", "GET /orders/0", "GET /unknown", "DELETE /orders/1", "GET //orders/1"} {
			method, path, _ := strings.Cut(line, " ")
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(method, "http://shop"+path, nil))
			fmt.Printf("%s, %s: answered %d, %d spans\n", by, line, answer.Code, len(recorder.Ended()))
			recorder.Reset()
		}
	}
}
GO
seen=$(nice go run .)

echo "otelmux 0.58.0, otelhttp 0.72.0: five requests to a router with one route"
echo "expected: a span each"
echo "seen:"; echo "$seen"
[ "$seen" = "otelmux, GET /orders/1: answered 200, 1 spans
otelmux, GET /orders/0: answered 404, 1 spans
otelmux, GET /unknown: answered 404, 0 spans
otelmux, DELETE /orders/1: answered 405, 0 spans
otelmux, GET //orders/1: answered 301, 0 spans
otelhttp, GET /orders/1: answered 200, 1 spans
otelhttp, GET /orders/0: answered 404, 1 spans
otelhttp, GET /unknown: answered 404, 1 spans
otelhttp, DELETE /orders/1: answered 405, 1 spans
otelhttp, GET //orders/1: answered 301, 1 spans" ] || { echo "the behaviour changed"; exit 1; }
