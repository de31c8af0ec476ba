#!/bin/bash
# The Collector's probabilistic sampler heeds `sampling.priority` of each span by itself. A root that says "keep" (1) is kept in
# every trace, and the spans below it in a tenth of them: what comes out is roots without the work that they did. A root
# that says "drop" (0) leaves its trace without a root.
#
# Why it matters to who writes rules: behind this sampler "each order is charged" fires for nine in ten of the orders that
# somebody thought important enough to mark. With no mark at all the sampler keeps whole traces or none, so that nothing
# of it is seen in tests.
#
# Expectation: a sampler that decides by the id of the trace, so that traces stay whole, applies to the trace a mark that
# OpenTracing has put on its root.
# Versions: Collector contrib probabilisticsamplerprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor"
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

// sampled sends a hundred traces of a root and one span below it, and counts what is left of them.
func sampled(mark func(pcommon.Map)) (whole, torn int) {
	ctx := context.Background()
	factory := probabilisticsamplerprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"sampling_percentage": 10}).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	sampler, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(sampler.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := 0; i < 100; i++ {
		hash := sha256.Sum256([]byte{byte(i)})
		root, below := spans.AppendEmpty(), spans.AppendEmpty()
		for _, span := range []ptrace.Span{root, below} {
			span.SetTraceID(pcommon.TraceID(hash[:16]))
		}
		root.SetSpanID([8]byte{1})
		below.SetSpanID([8]byte{2})
		below.SetParentSpanID([8]byte{1})
		mark(root.Attributes())
	}
	must(sampler.ConsumeTraces(ctx, traces))
	must(sampler.Shutdown(ctx))
	left := map[pcommon.TraceID]int{}
	for _, all := range sink.AllTraces() {
		spans := all.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
		for i := 0; i < spans.Len(); i++ {
			left[spans.At(i).TraceID()]++
		}
	}
	for _, spans := range left {
		if spans == 2 {
			whole++
		} else {
			torn++
		}
	}
	return whole, torn
}

func main() {
	for _, one := range []struct {
		name string
		mark func(pcommon.Map)
	}{
		{"no mark", func(pcommon.Map) {}},
		{"root with sampling.priority 1", func(root pcommon.Map) { root.PutInt("sampling.priority", 1) }},
		{"root with sampling.priority 0", func(root pcommon.Map) { root.PutInt("sampling.priority", 0) }},
	} {
		whole, torn := sampled(one.mark)
		fmt.Printf("%s: %d whole, %d torn\n", one.name, whole, torn)
	}
}
GO
seen=$(nice go run .)

echo "probabilisticsamplerprocessor v0.158.0, 10 %: a hundred traces of two spans"
echo "expected: about ten whole ones, a hundred whole ones, none; never one that is torn"
echo "seen:"; echo "$seen"
grep -qE '^no mark: [0-9]+ whole, 0 torn$' <<< "$seen" || { echo "the behaviour changed"; exit 1; }
kept=$(sed -nE 's/^no mark: ([0-9]+) whole.*/\1/p' <<< "$seen")
[ "$seen" = "no mark: $kept whole, 0 torn
root with sampling.priority 1: $kept whole, $((100 - kept)) torn
root with sampling.priority 0: 0 whole, $kept torn" ] || { echo "the behaviour changed"; exit 1; }
