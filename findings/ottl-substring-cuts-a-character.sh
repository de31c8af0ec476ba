#!/bin/bash
# OTTL's `Substring` counts bytes, and cuts a letter of several in two: the first two of "Zürich" are a Z and half a letter, which is no
# text. The Collector sends it on; who reads OTLP by Google's protobuf refuses the whole request, with all spans of others in
# it. `truncate_all` counts bytes too, and cuts between letters. `Len` counts bytes.
#
# Why it matters to who writes rules: a batch with one name that is not English is missing behind the Collector, or each shortened text
# differs from what the program would have made of it; "at most 20 letters" is 10 in Greek.
#
# Expectation: a function on texts gives a text.
# Versions: Collector contrib transformprocessor v0.158.0, go.opentelemetry.io/proto/otlp 1.9.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 go.opentelemetry.io/proto/otlp@v1.9.0 2>/dev/null

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
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
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
	for _, statement := range []string{
		`set(span.attributes["city"], Substring(span.attributes["city"], 0, 2))`,
		`truncate_all(span.attributes, 2)`,
		`replace_pattern(span.attributes["city"], "^(.{2}).*", "$1")`,
		`set(span.attributes["length"], Len(span.attributes["city"]))`,
	} {
		traces := ptrace.NewTraces()
		spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		spans.AppendEmpty().SetName("of another")
		spans.AppendEmpty().Attributes().PutStr("city", "Zürich")
		out := after(traces, statement)
		city, _ := out.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(1).Attributes().Get("city")
		fmt.Printf("%s:\n  city %q", statement, city.Str())
		if length, ok := out.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(1).Attributes().Get("length"); ok {
			fmt.Printf(", length %d", length.Int())
		}
		marshaler := ptrace.ProtoMarshaler{}
		sent, err := marshaler.MarshalTraces(out)
		must(err)
		fmt.Printf(", read: %t\n", proto.Unmarshal(sent, new(tracev1.TracesData)) == nil)
	}
}
GO
seen=$(nice go run .)

echo "transformprocessor v0.158.0: a span with the city Zürich is shortened, sent and read"
echo 'expected: "Zü" of the first two, and that all are read'
echo "seen:"; echo "$seen"
[ "$seen" = 'set(span.attributes["city"], Substring(span.attributes["city"], 0, 2)):
  city "Z\xc3", read: false
truncate_all(span.attributes, 2):
  city "Z", read: true
replace_pattern(span.attributes["city"], "^(.{2}).*", "$1"):
  city "Zü", read: true
set(span.attributes["length"], Len(span.attributes["city"])):
  city "Zürich", length 7, read: true' ] || { echo "the behaviour changed"; exit 1; }
