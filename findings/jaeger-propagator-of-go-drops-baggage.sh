#!/bin/bash
# The Jaeger propagator of Go passes the trace on and no baggage: neither does it write `uberctx-` headers nor read those that
# Python, Node or Jaeger's own clients send. In Python and Node the one propagator does both, as Jaeger's format has it.
#
# Why it matters to who writes rules: the tenant that a service in front puts into baggage, for all to set on their spans, is missing
# on every span from the first service in Go on; `group by` such a name and `exists` find half of each trace.
#
# Expectation: one name, `jaeger` in OTEL_PROPAGATORS, carries the same in every language.
# Versions: contrib/propagators/jaeger 1.47.0, otel 1.47.0 (Go), opentelemetry-propagator-jaeger 1.45.1 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/propagators/jaeger@v1.47.0 go.opentelemetry.io/contrib/propagators/ot@v1.47.0 2>/dev/null
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check opentelemetry-propagator-jaeger==1.45.1

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/contrib/propagators/ot"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	ctx := context.Background()
	came := jaeger.Jaeger{}.Extract(ctx, propagation.MapCarrier{
		"uber-trace-id":  "0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1",
		"uberctx-tenant": "ann",
	})
	fmt.Printf("Go took: trace %s, tenant %q\n", trace.SpanContextFromContext(came).TraceID(), baggage.FromContext(came).Member("tenant").Value())
	member, err := baggage.NewMember("tenant", "ann")
	if err != nil {
		panic(err)
	}
	all, err := baggage.New(member)
	if err != nil {
		panic(err)
	}
	for _, one := range []struct {
		name       string
		propagator propagation.TextMapPropagator
	}{{"jaeger", jaeger.Jaeger{}}, {"ottrace", ot.OT{}}} {
		sent := propagation.MapCarrier{}
		one.propagator.Inject(baggage.ContextWithBaggage(came, all), sent)
		fmt.Printf("Go sent, %s: %d headers\n", one.name, len(sent))
	}
}
GO
cat > probe.py <<'PY'
from opentelemetry import baggage, trace
from opentelemetry.propagators.jaeger import JaegerPropagator

came = JaegerPropagator().extract({"uber-trace-id": "0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1", "uberctx-tenant": "ann"})
sent = {}
JaegerPropagator().inject(sent, context=came)
print('Python took: trace %032x, tenant "%s"' % (trace.get_current_span(came).get_span_context().trace_id, baggage.get_baggage("tenant", came)))
print("Python sent, jaeger:", len(sent), "headers")
PY
seen=$(nice go run . && venv/bin/python probe.py)

echo "propagators/jaeger 1.47.0 (Go), propagator-jaeger 1.45.1 (Python): a trace with a tenant in its baggage comes in and goes out"
echo "expected: the tenant is taken and sent by both"
echo "seen:"; echo "$seen"
[ "$seen" = 'Go took: trace 0af7651916cd43dd8448eb211c80319c, tenant ""
Go sent, jaeger: 1 headers
Go sent, ottrace: 4 headers
Python took: trace 0af7651916cd43dd8448eb211c80319c, tenant "ann"
Python sent, jaeger: 2 headers' ] || { echo "the behaviour changed"; exit 1; }
