#!/bin/bash
# Every number that OTTL's `ParseJSON` reads is a double: 3 becomes 3.0, and an integer above 2^53 another number, without a word: the order
# 9007199254740993 is 9007199254740992, and so is the one before it. `Int` around it comes too late. OTLP has integers of 64
# bits.
#
# Why it matters to who writes rules: two orders or users become one, so that what is grouped by the number takes two for one and "no
# more than once" is violated by neighbours; an id compared with one that was set on the span itself is never equal.
#
# Expectation: an integer in JSON is an integer, or what does not fit a double stays text.
# Versions: Collector contrib transformprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// after gives the traces as they come out of the processor with these statements.
func after(traces ptrace.Traces, statements ...any) ptrace.Traces {
	ctx := context.Background()
	factory := transformprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"trace_statements": statements}).Unmarshal(config))
	must(config.(*transformprocessor.Config).Validate())
	set := processortest.NewNopSettings(factory.Type())
	sink := new(consumertest.TracesSink)
	transform, err := factory.CreateTraces(ctx, set, config, sink)
	must(err)
	must(transform.Start(ctx, componenttest.NewNopHost()))
	must(transform.ConsumeTraces(ctx, traces))
	must(transform.Shutdown(ctx))
	return sink.AllTraces()[0]
}

func main() {
	for _, order := range []string{"3", "9007199254740992", "9007199254740993"} {
		traces := ptrace.NewTraces()
		span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.Attributes().PutStr("body", `{"order": `+order+`}`)
		out := after(traces,
			`set(span.attributes["order"], ParseJSON(span.attributes["body"])["order"])`,
			`set(span.attributes["order.int"], Int(ParseJSON(span.attributes["body"])["order"]))`,
			`set(span.attributes["order.pattern"], Int(ExtractPatterns(span.attributes["body"], "\"order\": *(?P<id>[0-9]+)")["id"]))`)
		fmt.Printf("%s:", order)
		for _, name := range []string{"order", "order.int", "order.pattern"} {
			value, _ := out.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().Get(name)
			fmt.Printf(" %s %s %s", name, value.Type(), value.AsString())
		}
		fmt.Println()
	}
}
GO
seen=$(nice go run .)

echo "transformprocessor v0.158.0: a number in a text of JSON, by ParseJSON, by Int around it and by a pattern"
echo "expected: the integer that stands there, each time"
echo "seen:"; echo "$seen"
[ "$seen" = "3: order Double 3 order.int Int 3 order.pattern Int 3
9007199254740992: order Double 9007199254740992 order.int Int 9007199254740992 order.pattern Int 9007199254740992
9007199254740993: order Double 9007199254740992 order.int Int 9007199254740992 order.pattern Int 9007199254740993" ] || { echo "the behaviour changed"; exit 1; }
