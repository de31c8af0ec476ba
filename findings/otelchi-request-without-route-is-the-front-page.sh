#!/bin/bash
# The SERVER span of otelchi has the name of its route, and "/" where there is none: a path that no route takes, one that a
# middleware refuses, and the front page are all called "/". `http.route` is there each time, empty, for the front page it is "/". Where a
# handler panics, which chi's Recoverer answers with 500, the span has no name, no route and no code, and is UNSET.
#
# Why it matters to who writes rules: rules about the front page are asked of each scanner and of each refused order, and `exists(http.route)`
# tells no request from another; a request that panicked is neither found by its route nor by its code or status.
#
# Expectation: what has no route has no `http.route`, and another name than what has; a request answered with 500 says so.
# What to do, run here: `WithChiRoutes`, which knows the route of what is refused, and Recoverer behind the tracing.
# Versions: otelchi 0.12.2, chi 5.5.0, OpenTelemetry SDK for Go 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/riandyrn/otelchi@v0.12.2 github.com/go-chi/chi/v5@v5.5.0 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/riandyrn/otelchi"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// serve asks for each path, with Recoverer within or around the tracing, and says what its span holds.
func serve(what string, within bool, options func(chi.Router) []otelchi.Option) {
	spans := tracetest.NewSpanRecorder()
	router := chi.NewRouter()
	of := append(options(router), otelchi.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans))))
	if !within {
		router.Use(middleware.Recoverer)
	}
	router.Use(otelchi.Middleware("shop", of...))
	if within {
		router.Use(middleware.Recoverer)
	}
	router.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/7") {
				http.Error(w, "not yours", http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	router.Get("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "welcome") })
	router.Get("/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		if chi.URLParam(r, "id") == "9" {
			panic("no such order")
		}
	})
	server := httptest.NewServer(router)
	defer server.Close()
	for _, path := range []string{"/", "/orders/8", "/orders/7", "/wp-login.php", "/orders/9"} {
		spans.Reset()
		answer, err := http.Get(server.URL + path)
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		fmt.Printf("%s, %s, answered %d:", what, path, answer.StatusCode)
		for _, span := range spans.Ended() {
			fmt.Printf(" %q %s", span.Name(), span.Status().Code)
			for _, attribute := range span.Attributes() {
				if attribute.Key == "http.route" || attribute.Key == "http.status_code" {
					fmt.Printf(" %s=%q", attribute.Key, attribute.Value.Emit())
				}
			}
		}
		fmt.Println()
	}
}

func main() {
	serve("by default", false, func(chi.Router) []otelchi.Option { return nil })
	serve("as set", true, func(router chi.Router) []otelchi.Option {
		return []otelchi.Option{otelchi.WithChiRoutes(router), otelchi.WithRequestMethodInSpanName(true)}
	})
}
GO
seen=$(nice go run . 2>/dev/null)

echo "otelchi v0.12.2, chi v5.5.0: the front page, an order, one that is refused, an unknown path and a panic"
echo "expected: a name and a route that are not those of the front page for all but it, and the code of each answer"
echo "seen:"; echo "$seen"
[ "$seen" = 'by default, /, answered 200: "/" Unset http.route="/" http.status_code="200"
by default, /orders/8, answered 200: "/orders/{id}" Unset http.route="/orders/{id}" http.status_code="200"
by default, /orders/7, answered 403: "/" Unset http.route="" http.status_code="403"
by default, /wp-login.php, answered 404: "/" Unset http.route="" http.status_code="404"
by default, /orders/9, answered 500: "" Unset
as set, /, answered 200: "GET /" Unset http.route="/" http.status_code="200"
as set, /orders/8, answered 200: "GET /orders/{id}" Unset http.route="/orders/{id}" http.status_code="200"
as set, /orders/7, answered 403: "GET /orders/{id}" Unset http.route="/orders/{id}" http.status_code="403"
as set, /wp-login.php, answered 404: "GET /" Unset http.route="" http.status_code="404"
as set, /orders/9, answered 500: "GET /orders/{id}" Error http.route="/orders/{id}" http.status_code="500"' ] || { echo "the behaviour changed"; exit 1; }
