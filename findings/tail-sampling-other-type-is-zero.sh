#!/bin/bash
# Tail sampling's `numeric_attribute` and `boolean_attribute` take a value of another type for 0 and for false: "at most 100" keeps the
# trace whose price is the double 5000.5 or the text "5000", and "approved is false" the one whose `approved` is the text "true". A bound of
# 0 counts as none: "from 0 to 100" keeps what costs -7, and "from -10 to 0" what costs 7.
#
# Why it matters to who writes rules: a `drop` policy written so throws away the dear and the approved, and rules behind the sampler hold for
# want of traces; SDKs and translators differ in what they send as text.
#
# Expectation: a policy on a number or a truth passes over what is none, and 0 is a number.
# What to do, run here: an `ottl_condition`, which asks for the type as well.
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
	"slices"

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

// kept sends a trace of one span for each value and says which come out. A sampler that is shut down decides on what it holds.
func kept(kind string, policy map[string]any, key string, values ...any) (out []string) {
	ctx := context.Background()
	factory := tailsamplingprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"policies": []any{map[string]any{"name": "one", "type": kind, kind: policy}}}).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	sampler, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(sampler.Start(ctx, componenttest.NewNopHost()))
	for i, value := range values {
		traces := ptrace.NewTraces()
		span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{15: byte(i + 1)})
		span.SetSpanID(pcommon.SpanID{7: 1})
		span.SetName(fmt.Sprintf("%#v", value))
		must(span.Attributes().FromRaw(map[string]any{key: value}))
		must(sampler.ConsumeTraces(ctx, traces))
	}
	must(sampler.Shutdown(ctx))
	for _, traces := range sink.AllTraces() {
		out = append(out, traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())
	}
	slices.Sort(out)
	return out
}

func price(bounds map[string]any) []string {
	bounds["key"] = "price"
	return kept("numeric_attribute", bounds, "price", -7, 7, 5000, 5000.5, "5000")
}

func ottl(condition, key string, values ...any) []string {
	return kept("ottl_condition", map[string]any{"span": []any{condition}}, key, values...)
}

func main() {
	fmt.Println("price at most 100:", price(map[string]any{"max_value": 100}))
	fmt.Println("price from 0 to 100:", price(map[string]any{"min_value": 0, "max_value": 100}))
	fmt.Println("price from -10 to 0:", price(map[string]any{"min_value": -10, "max_value": 0}))
	fmt.Println("price from 0 to 100, by condition:", ottl(`span.attributes["price"] >= 0 and span.attributes["price"] <= 100`, "price", -7, 7, 5000, 5000.5, "5000"))
	fmt.Println("approved is false:", kept("boolean_attribute", map[string]any{"key": "approved", "value": false}, "approved", true, false, "true", 1))
	fmt.Println("approved is false, by condition:", ottl(`span.attributes["approved"] == false`, "approved", true, false, "true", 1))
}
GO
seen=$(nice go run .)

echo "tailsamplingprocessor v0.158.0: traces of several prices and approvals, and which are kept"
echo "expected: of prices up to 100 [-7 7], from 0 to 100 [7], from -10 to 0 [-7]; of approvals [false]"
echo "seen:"; echo "$seen"
[ "$seen" = 'price at most 100: ["5000" -7 5000.5 7]
price from 0 to 100: ["5000" -7 5000.5 7]
price from -10 to 0: ["5000" -7 5000 5000.5 7]
price from 0 to 100, by condition: [7]
approved is false: ["true" 1 false]
approved is false, by condition: [false]' ] || { echo "the behaviour changed"; exit 1; }
