#!/bin/bash
# gRPC for Go traces itself (stats/opentelemetry): a call is a CLIENT, an INTERNAL and a SERVER span, one below the other, whose names
# are Sent., Attempt. and Recv. with the method behind a dot. They have no rpc.* attribute, and of the code only OK or ERROR.
#
# Why it matters to who writes rules: selectors of calls by rpc.system or rpc.service meet none of them, "a server span lies directly
# below a client's" is broken by all, and a NotFound is an ERROR of the server as much as an Internal is.
#
# Expectation: what the conventions ask of such spans: the name package.Service/Method, rpc.system, rpc.method and the code.
# Versions: google.golang.org/grpc 1.85.0, go.opentelemetry.io/otel/sdk 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"sort"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	experimental "google.golang.org/grpc/experimental/opentelemetry"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/stats/opentelemetry"
)

func main() {
	spans := tracetest.NewInMemoryExporter()
	traced := opentelemetry.Options{TraceOptions: experimental.TraceOptions{
		TracerProvider:    trace.NewTracerProvider(trace.WithSyncer(spans)),
		TextMapPropagator: propagation.TraceContext{},
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(opentelemetry.ServerOption(traced))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go server.Serve(listener)
	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), opentelemetry.DialOption(traced))
	if err != nil {
		panic(err)
	}
	for _, service := range []string{"", "not there"} {
		_, err := grpc_health_v1.NewHealthClient(connection).Check(context.Background(), &grpc_health_v1.HealthCheckRequest{Service: service})
		fmt.Println("Health/Check:", err)
	}
	connection.Close()
	server.GracefulStop()
	found := spans.GetSpans()
	sort.SliceStable(found, func(a, b int) bool { return found[a].StartTime.Before(found[b].StartTime) })
	for _, span := range found {
		above := "nothing"
		for _, one := range found {
			if one.SpanContext.SpanID() == span.Parent.SpanID() {
				above = one.SpanKind.String()
			}
		}
		named := 0
		for _, attribute := range span.Attributes {
			if strings.HasPrefix(string(attribute.Key), "rpc.") {
				named++
			}
		}
		fmt.Printf("%s %s below %s: %s %q, rpc.* %d\n", span.SpanKind, span.Name, above, span.Status.Code, span.Status.Description, named)
	}
}
GO
{ go mod init probe && go get google.golang.org/grpc@v1.85.0 google.golang.org/grpc/stats/opentelemetry@none go.opentelemetry.io/otel/sdk@v1.47.0; } >/dev/null 2>&1
seen=$(go run .)

echo "google.golang.org/grpc 1.85.0: two calls of Health/Check"
echo "expected: a CLIENT and a SERVER span a call, with rpc.system, rpc.method and the code"
echo "seen:"; echo "$seen"
[ "$seen" = 'Health/Check: <nil>
Health/Check: rpc error: code = NotFound desc = unknown service
client Sent.grpc.health.v1.Health.Check below nothing: Ok "", rpc.* 0
internal Attempt.grpc.health.v1.Health.Check below client: Ok "", rpc.* 0
server Recv.grpc.health.v1.Health.Check below internal: Ok "", rpc.* 0
client Sent.grpc.health.v1.Health.Check below nothing: Error "unknown service", rpc.* 0
internal Attempt.grpc.health.v1.Health.Check below client: Error "unknown service", rpc.* 0
server Recv.grpc.health.v1.Health.Check below internal: Error "unknown service", rpc.* 0' ] || { echo "the behaviour changed"; exit 1; }
