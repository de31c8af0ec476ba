#!/bin/bash
# The SERVER span that go-kratos makes of a request over HTTP has no status code of HTTP, whatever was answered: where a handler returns
# an error its code stands in `rpc.status_code`, and the span is an ERROR with an exception event for 403 and 404 as for a panic; else it is
# OK and there is no code. The name is that of the operation, as over gRPC. A path that no route takes has no span.
#
# Why it matters to who writes rules: what asks for the code of HTTP finds none in such a service, and "no request fails" is violated by each
# order that is not found; a scanner's requests are in no count.
#
# Expectation: OpenTelemetry's conventions ask for the code on each SERVER span of HTTP, and leave 4xx UNSET there.
# What to do, seen here: judge by `"rpc.status_code" >= 500`.
# Versions: go-kratos 2.8.3, OpenTelemetry SDK for Go 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/go-kratos/kratos/v2@v2.8.3 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	stdhttp "net/http"

	"github.com/go-kratos/kratos/v2/errors"
	"github.com/go-kratos/kratos/v2/log"
	"github.com/go-kratos/kratos/v2/middleware/recovery"
	"github.com/go-kratos/kratos/v2/middleware/tracing"
	"github.com/go-kratos/kratos/v2/transport/http"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// get is what kratos generates for a method of a service, with a business of its own for each order.
func get(ctx http.Context) error {
	http.SetOperation(ctx, "/shop.Orders/Get")
	handle := ctx.Middleware(func(context.Context, any) (any, error) {
		switch ctx.Vars().Get("id") {
		case "7":
			return nil, errors.Forbidden("OWNER", "not yours")
		case "8":
			return nil, errors.NotFound("ORDER", "no such order")
		case "9":
			panic("broken")
		}
		return "order", nil
	})
	out, err := handle(ctx, nil)
	if err != nil {
		return err
	}
	return ctx.JSON(stdhttp.StatusOK, out)
}

func main() {
	log.SetLogger(log.NewStdLogger(io.Discard))
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	server := http.NewServer(http.Listener(listener),
		http.Middleware(tracing.Server(tracing.WithTracerProvider(provider)), recovery.Recovery()))
	server.Route("/").GET("/orders/{id}", get)
	go server.Start(context.Background())
	for _, path := range []string{"/orders/1", "/orders/7", "/orders/8", "/orders/9", "/unknown"} {
		spans.Reset()
		answer, err := stdhttp.Get("http://" + listener.Addr().String() + path)
		must(err)
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		fmt.Printf("%s, answered %d:", path, answer.StatusCode)
		for _, span := range spans.Ended() {
			fmt.Printf(" %s, %s, %d events", span.Name(), span.Status().Code, len(span.Events()))
			for _, attribute := range span.Attributes() {
				switch attribute.Key {
				case "http.status_code", "http.response.status_code", "rpc.status_code", "http.route":
					fmt.Printf(", %s %s", attribute.Key, attribute.Value.Emit())
				}
			}
		}
		if len(spans.Ended()) == 0 {
			fmt.Print(" no span")
		}
		fmt.Println()
	}
	must(server.Stop(context.Background()))
}
GO
seen=$(nice go run . 2>/dev/null)

echo "go-kratos v2.8.3: requests over HTTP for an order, one of another owner, one that is not there, one that panics, and an unknown path"
echo "expected: the code of each answer on a SERVER span, and Error for the panic alone"
echo "seen:"; echo "$seen"
[ "$seen" = '/orders/1, answered 200: /shop.Orders/Get, Ok, 0 events, http.route /orders/{id}
/orders/7, answered 403: /shop.Orders/Get, Error, 1 events, http.route /orders/{id}, rpc.status_code 403
/orders/8, answered 404: /shop.Orders/Get, Error, 1 events, http.route /orders/{id}, rpc.status_code 404
/orders/9, answered 500: /shop.Orders/Get, Error, 1 events, http.route /orders/{id}, rpc.status_code 500
/unknown, answered 404: no span' ] || { echo "the behaviour changed"; exit 1; }
