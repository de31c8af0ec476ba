#!/bin/bash
# A handler of Gin that panics is answered with 500, but otelgin's server span ends UNSET and without a status code; the
# exception event's type is ".string". The recovery middleware stands outside, as gin.Default() puts it.
#
# Why it matters to who writes rules: neither "status code 500 or more" nor `status == ERROR` sees the crash of a
# handler. Only the exception event does, and its type names nothing.
#
# Expectation: the HTTP conventions: the code that was sent, and ERROR for 5xx; a handler that sets 500 itself gets both.
# Versions: otelgin v0.65.0, gin v1.12.0, OpenTelemetry SDK for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin@v0.65.0 github.com/gin-gonic/gin@v1.12.0 \
  go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultErrorWriter = io.Discard
	spans := tracetest.NewInMemoryExporter()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	app := gin.New()
	app.Use(gin.Recovery(), otelgin.Middleware("shop"))
	app.GET("/panics", func(*gin.Context) { panic("no such order") })
	app.GET("/answers", func(c *gin.Context) { c.Status(http.StatusInternalServerError) })
	server := httptest.NewServer(app)
	defer server.Close()

	for _, path := range []string{"/panics", "/answers"} {
		answer, err := http.Get(server.URL + path)
		if err != nil {
			panic(err)
		}
		answer.Body.Close()
		span, code := spans.GetSpans()[0], "none"
		for _, a := range span.Attributes {
			if a.Key == "http.response.status_code" {
				code = a.Value.Emit()
			}
		}
		fmt.Printf("%s: the client got %d; span: code %s, %s", path, answer.StatusCode, code, span.Status.Code)
		for _, event := range span.Events {
			for _, a := range event.Attributes {
				if a.Key == "exception.type" {
					fmt.Printf(", exception.type %q", a.Value.AsString())
				}
			}
		}
		fmt.Println()
		spans.Reset()
	}
}
GO
seen=$(nice go run .)

echo "otelgin v0.65.0 on gin v1.12.0"
echo "expected: code 500 and Error on both spans"
echo "seen:"; echo "$seen"
[ "$seen" = '/panics: the client got 500; span: code none, Unset, exception.type ".string"
/answers: the client got 500; span: code 500, Error' ] || { echo "the behaviour changed"; exit 1; }
