#!/bin/bash
# The CLIENT span of a stream in grpc-go ends when the client reads the stream's end, or when its context does. One that takes the last
# message and reads no further has, of a call that the server ended with OK, an ERROR with CANCELLED where its context is cancelled, as a
# handler's is after its request, and no span at all where it is not. With a deadline it is an ERROR with DEADLINE_EXCEEDED.
#
# Why it matters to who writes rules: "a failed call is dealt with" is violated by calls that went well, and their SERVER spans are orphans
# in traces whose completeness asks for every parent.
#
# Expectation: the call has the outcome that the server sent, which had reached the client each time, or at least a span.
# What to do, run here: read until io.EOF.
# Versions: otelgrpc 0.72.0, grpc-go 1.85.0, OpenTelemetry SDK for Go 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get google.golang.org/grpc@v1.85.0 go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc@v0.72.0 \
  go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

type health struct {
	grpc_health_v1.UnimplementedHealthServer
}

// Watch answers with one message, and is done.
func (health) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc_health_v1.Health_WatchServer) error {
	return stream.Send(&grpc_health_v1.HealthCheckResponse{})
}

// until waits for something that other goroutines do.
func until(what func() bool) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if what() {
			return true
		}
	}
	return false
}

func describe(spans *tracetest.SpanRecorder) (line string) {
	for _, span := range spans.Ended() {
		line += fmt.Sprintf(" [%s %s", span.SpanKind(), span.Status().Code)
		for _, attribute := range span.Attributes() {
			if attribute.Key == "rpc.response.status_code" {
				line += " " + attribute.Value.AsString()
			}
		}
		line += "]"
	}
	if line == "" {
		return " no span"
	}
	return line
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	served, called := tracetest.NewSpanRecorder(), tracetest.NewSpanRecorder()
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(served))))))
	grpc_health_v1.RegisterHealthServer(server, health{})
	go server.Serve(listener)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler(
			otelgrpc.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(called))))))
	must(err)
	client := grpc_health_v1.NewHealthClient(conn)
	for _, end := range []string{"read to its end", "left, context cancelled", "left, deadline passed", "left"} {
		served.Reset()
		called.Reset()
		ctx, stop := context.WithCancel(context.Background())
		if end == "left, deadline passed" {
			ctx, stop = context.WithTimeout(context.Background(), 2*time.Second)
		}
		stream, err := client.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
		must(err)
		_, err = stream.Recv()
		must(err)
		if !until(func() bool { return len(served.Ended()) == 1 }) {
			panic("the server did not end the call")
		}
		switch end {
		case "read to its end":
			if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
				panic(err)
			}
		case "left, context cancelled":
			stop()
		case "left, deadline passed":
			<-ctx.Done()
		}
		if end != "left" && !until(func() bool { return len(called.Ended()) == 1 }) {
			panic("the client did not end the call")
		}
		fmt.Printf("%s: server%s, client%s\n", end, describe(served), describe(called))
		if end != "left" {
			stop()
		}
	}
}
GO
seen=$(nice go run .)

echo "otelgrpc v0.72.0, grpc-go v1.85.0: a client takes the one message of a stream that the server ends with OK"
echo "expected: a client's span with OK each time"
echo "seen:"; echo "$seen"
[ "$seen" = "read to its end: server [server Unset OK], client [client Unset OK]
left, context cancelled: server [server Unset OK], client [client Error CANCELLED]
left, deadline passed: server [server Unset OK], client [client Error DEADLINE_EXCEEDED]
left: server [server Unset OK], client no span" ] || { echo "the behaviour changed"; exit 1; }
