#!/bin/bash
# Tail sampling asks each policy of each trace: "keep errors, and of the rest so many spans a second" takes the spans of the errors, which
# are kept already, off the rest's. While errors come, the rest is not kept, though there is room for it.
#
# Why it matters to who writes rules: what goes well is missing exactly while something fails, so that rules behind the sampler that compare
# (a retry that went well, an order that was taken) see failures alone.
#
# Expectation: policies are joined by or, so that the second is about what the first left.
# What to do, run here: `sample_on_first_match: true`, with the errors' policy first.
# Versions: Collector contrib tailsamplingprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func trace(id byte, spans int, status ptrace.StatusCode) ptrace.Traces {
	traces := ptrace.NewTraces()
	slice := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range spans {
		span := slice.AppendEmpty()
		span.SetTraceID(pcommon.TraceID{15: id})
		span.SetSpanID(pcommon.SpanID{7: byte(i + 1)})
		span.Status().SetCode(status)
	}
	return traces
}

// kept sends an error of a hundred spans, and when that was kept a hundred that went well, and counts what comes out. A sampler that
// is shut down decides on what it holds.
func kept(more map[string]any) int {
	ctx := context.Background()
	factory := tailsamplingprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	settings := map[string]any{"decision_wait": "1s", "policies": []any{
		map[string]any{"name": "errors", "type": "status_code", "status_code": map[string]any{"status_codes": []any{"ERROR"}}},
		map[string]any{"name": "rest", "type": "rate_limiting", "rate_limiting": map[string]any{"spans_per_second": 1, "burst_capacity": 100}},
	}}
	for key, value := range more {
		settings[key] = value
	}
	must(confmap.NewFromStringMap(settings).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	sampler, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(sampler.Start(ctx, componenttest.NewNopHost()))
	must(sampler.ConsumeTraces(ctx, trace(1, 100, ptrace.StatusCodeError)))
	for end := time.Now().Add(20 * time.Second); sink.SpanCount() == 0 && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	must(sampler.ConsumeTraces(ctx, trace(2, 100, ptrace.StatusCodeUnset)))
	must(sampler.Shutdown(ctx))
	return sink.SpanCount()
}

func main() {
	fmt.Println("by default:", kept(nil), "spans are kept")
	fmt.Println("by the first that matches:", kept(map[string]any{"sample_on_first_match": true}), "spans are kept")
}
GO
seen=$(nice go run .)

echo "tailsamplingprocessor v0.158.0: an error of a hundred spans, which a policy keeps, and a hundred spans that went well, for which there is room"
echo "expected: two hundred spans are kept"
echo "seen:"; echo "$seen"
[ "$seen" = 'by default: 100 spans are kept
by the first that matches: 200 spans are kept' ] || { echo "the behaviour changed"; exit 1; }
