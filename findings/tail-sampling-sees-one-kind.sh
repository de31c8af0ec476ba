#!/bin/bash
# Tail sampling's numeric_attribute matches integers only and string_attribute text only; a double (every duration,
# score and cost there is), or a status code that one SDK sends as text, matches neither and the trace is dropped.
# Nothing is logged.
#
# Why it matters to who writes rules: traces a rule is about never reach it, although the sampling policy names them
# ("keep everything dearer than ..."); a rule that fires on absence then sees fragments.
#
# Expectation: the page says "sample based on number attributes" by min_value and max_value; a double is a number.
# Versions: Collector components v0.158.0 (tailsamplingprocessor).
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

// kept sends three traces of one span each, whose attribute v is 500 in three kinds, and names those that come out.
func kept(policy map[string]any) (names []string) {
	ctx := context.Background()
	factory := tailsamplingprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"decision_wait": "1s", "policies": []any{policy}}).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	sampler, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(sampler.Start(ctx, componenttest.NewNopHost()))
	for i, value := range []pcommon.Value{pcommon.NewValueInt(500), pcommon.NewValueDouble(500), pcommon.NewValueStr("500")} {
		traces := ptrace.NewTraces()
		span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{15: byte(i + 1)})
		span.SetSpanID(pcommon.SpanID{7: 1})
		span.SetName(value.Type().String())
		value.CopyTo(span.Attributes().PutEmpty("v"))
		must(sampler.ConsumeTraces(ctx, traces))
	}
	for end := time.Now().Add(20 * time.Second); sink.SpanCount() == 0 && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(2 * time.Second) // two more rounds of decisions
	must(sampler.Shutdown(ctx))
	for _, traces := range sink.AllTraces() {
		names = append(names, traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())
	}
	return names
}

func main() {
	fmt.Println("numeric_attribute from 400:", kept(map[string]any{"name": "n", "type": "numeric_attribute",
		"numeric_attribute": map[string]any{"key": "v", "min_value": 400}}))
	fmt.Println("string_attribute 500:", kept(map[string]any{"name": "s", "type": "string_attribute",
		"string_attribute": map[string]any{"key": "v", "values": []any{"500"}}}))
}
GO
seen=$(nice go run .)

echo "tailsamplingprocessor v0.158.0: 500 as integer, double and text; which traces are kept"
echo "expected: numeric_attribute keeps at least Int and Double"
echo "seen:"; echo "$seen"
[ "$seen" = "numeric_attribute from 400: [Int]
string_attribute 500: [Str]" ] || { echo "the behaviour changed"; exit 1; }
