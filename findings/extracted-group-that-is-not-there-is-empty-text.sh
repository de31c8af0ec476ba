#!/bin/bash
# A pattern of the Collector's `extract` (attributes processor), or of OTTL's `ExtractPatterns`, with a part that may be missing writes the
# attributes of that part as empty texts where it is missing: of "/orders/7" an `item` of "", over the one that the program had set.
# A path that the pattern does not fit at all leaves both alone.
#
# Why it matters to who writes rules: `exists(item)` is true of every span that fits, a group by it takes all of them for one item, and
# what the service itself knew is gone.
#
# Expectation: a group that took no part in a match gives no attribute.
# What to do, run here: a pattern for each form.
# Versions: Collector contrib attributesprocessor and transformprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor@v0.158.0 \
  github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// through sends a span for each path, which knows its item already, and says what comes out.
func through(what string, factory processor.Factory, settings map[string]any) {
	ctx := context.Background()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(settings).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	process, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(process.Start(ctx, componenttest.NewNopHost()))
	for _, path := range []string{"/orders/7/items/3", "/orders/7", "/"} {
		sink.Reset()
		traces := ptrace.NewTraces()
		span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.Attributes().PutStr("path", path)
		span.Attributes().PutStr("item", "of the program")
		must(process.ConsumeTraces(ctx, traces))
		after := sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw()
		fmt.Printf("%s, %s: order %#v, item %#v\n", what, path, after["order"], after["item"])
	}
	must(process.Shutdown(ctx))
}

func main() {
	const pattern = `^/orders/(?P<order>[0-9]+)(?:/items/(?P<item>[0-9]+))?$`
	extract := func(pattern string) map[string]any {
		return map[string]any{"key": "path", "action": "extract", "pattern": pattern}
	}
	through("extract", attributesprocessor.NewFactory(), map[string]any{"actions": []any{extract(pattern)}})
	through("ExtractPatterns", transformprocessor.NewFactory(), map[string]any{"trace_statements": []any{
		`merge_maps(span.attributes, ExtractPatterns(span.attributes["path"], "` + pattern + `"), "upsert")`,
	}})
	through("a pattern each", attributesprocessor.NewFactory(), map[string]any{"actions": []any{
		extract(`^/orders/(?P<order>[0-9]+)$`), extract(`^/orders/(?P<order>[0-9]+)/items/(?P<item>[0-9]+)$`)}})
}
GO
seen=$(nice go run .)

echo "attributesprocessor and transformprocessor v0.158.0: paths with and without an item, of spans that have one already"
echo "expected: without an item in the path, the item of the program"
echo "seen:"; echo "$seen"
[ "$seen" = 'extract, /orders/7/items/3: order "7", item "3"
extract, /orders/7: order "7", item ""
extract, /: order <nil>, item "of the program"
ExtractPatterns, /orders/7/items/3: order "7", item "3"
ExtractPatterns, /orders/7: order "7", item ""
ExtractPatterns, /: order <nil>, item "of the program"
a pattern each, /orders/7/items/3: order "7", item "3"
a pattern each, /orders/7: order "7", item "of the program"
a pattern each, /: order <nil>, item "of the program"' ] || { echo "the behaviour changed"; exit 1; }
