#!/bin/bash
# A header of a NATS message keeps the case of its name. HeaderCarrier of OpenTelemetry's Go API, which fits a nats.Header, is made
# for HTTP: it writes "Traceparent" and looks for nothing else. Clients in Python and elsewhere write and look for "traceparent".
# Between two programs in Go the trace goes on; between Go and another language it ends in both directions, without a word.
#
# Why it matters to who writes rules: what a service in another language does with a message is a trace of its own, so that "each
# order is shipped" fires for all, and a bound on what one request does never does. Tests with Go at both ends see nothing of it.
#
# Expectation: the carrier that the type fits carries the header of the W3C, whose name has no case, to who looks for it.
# Versions: OpenTelemetry for Go v1.47.0, nats.go v1.55.0, nats-server v2.15.3, nats-py 2.16.0, opentelemetry-sdk 1.45.1 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 nats-py==2.16.0
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/nats-io/nats-server/v2@v2.15.3 github.com/nats-io/nats.go@v1.55.0 go.opentelemetry.io/otel@v1.47.0 \
  go.opentelemetry.io/otel/trace@v1.47.0 2>/dev/null

cat > ship.py <<'PY'
"""Takes messages and answers each; says what it was sent, and what came of it."""
import asyncio
import sys

import nats
from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.trace import TracerProvider

tracer = TracerProvider().get_tracer("shop")


async def main():
    connection = await nats.connect(sys.argv[1])
    orders = await connection.subscribe("orders")
    await connection.flush()
    print("ready", flush=True)
    for _ in range(2):
        message = await orders.next_msg(timeout=60)
        parent = trace.get_current_span(extract(message.headers)).get_span_context().is_valid
        print(f"Python is sent {list(message.headers)}: {'the trace goes on' if parent else 'no trace'}", flush=True)
        with tracer.start_as_current_span("ship"):
            headers = {}
            inject(headers)
            await connection.publish(message.reply, b"shipped", headers=headers)
    await connection.drain()


asyncio.run(main())
PY

cat > main.go <<'GO'
package main

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// exact is a carrier that leaves names as they are.
type exact nats.Header

func (e exact) Get(name string) string { return nats.Header(e).Get(name) }
func (e exact) Set(name, value string) { nats.Header(e).Set(name, value) }
func (e exact) Keys() (names []string) {
	for name := range e {
		names = append(names, name)
	}
	return names
}

func told(who string, header nats.Header, carrier propagation.TextMapCarrier) {
	names, what := []string{}, "no trace"
	for name := range header {
		names = append(names, "'"+name+"'")
	}
	if trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier)).IsValid() {
		what = "the trace goes on"
	}
	fmt.Printf("%s is sent %s: %s\n", who, names, what)
}

func main() {
	broker, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	must(err)
	go broker.Start()
	if !broker.ReadyForConnections(10 * time.Second) {
		panic("no broker")
	}
	connection, err := nats.Connect(broker.ClientURL())
	must(err)
	python := exec.Command("v/bin/python", "ship.py", broker.ClientURL())
	output, err := python.StdoutPipe()
	must(err)
	must(python.Start())
	lines := bufio.NewScanner(output)
	lines.Scan()
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: 1})
	ctx := trace.ContextWithSpanContext(context.Background(), span)
	between := nats.NewMsg("between")
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(between.Header))
	told("Go by Go", between.Header, propagation.HeaderCarrier(between.Header))
	for _, one := range []struct {
		who     string
		carrier func(nats.Header) propagation.TextMapCarrier
	}{
		{"Go", func(header nats.Header) propagation.TextMapCarrier { return propagation.HeaderCarrier(header) }},
		{"Go, names as they are,", func(header nats.Header) propagation.TextMapCarrier { return exact(header) }},
	} {
		order := nats.NewMsg("orders")
		propagation.TraceContext{}.Inject(ctx, one.carrier(order.Header))
		answer, err := connection.RequestMsg(order, 60*time.Second)
		must(err)
		lines.Scan()
		fmt.Println(lines.Text())
		told(one.who, answer.Header, one.carrier(answer.Header))
	}
	must(python.Wait())
	connection.Close()
	broker.Shutdown()
}
GO
seen=$(nice go run .)

echo "HeaderCarrier of OpenTelemetry for Go v1.47.0 on headers of NATS, and a program in Python that answers"
echo "expected: the trace goes on, five times"
echo "seen:"; echo "$seen"
[ "$seen" = "Go by Go is sent ['Traceparent']: the trace goes on
Python is sent ['Traceparent']: no trace
Go is sent ['traceparent']: no trace
Python is sent ['traceparent']: the trace goes on
Go, names as they are, is sent ['traceparent']: the trace goes on" ] || { echo "the behaviour changed"; exit 1; }
