#!/bin/bash
# The Collector's groupbyattrs processor puts spans of one scope together again, and takes scopes for one by name and version: a span
# whose scope has other attributes comes out below the first one's, with those. With no keys, which its page calls
# compaction, the same. The schema URLs of resources and scopes are gone.
#
# Why it matters to who writes rules: a library that writes its tenant, plugin or pool once, on its tracer, has spans of several in one
# batch: Bob's spans are Ann's behind the processor. What renames attributes by schema has nothing to go by.
#
# Expectation: a processor that regroups leaves what belongs to a span with it; OTLP tells scopes apart by their attributes too.
# Versions: Collector contrib groupbyattrsprocessor v0.158.0, Collector batchprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbyattrsprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/batchprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbyattrsprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/processortest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// through sends a span of each tenant, whose name stands on the scope, and says what comes out.
func through(factory processor.Factory, settings map[string]any) {
	ctx := context.Background()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(settings).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	group, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(group.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	shop := traces.ResourceSpans().AppendEmpty()
	shop.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	for _, tenant := range []string{"Ann", "Bob"} {
		orders := shop.ScopeSpans().AppendEmpty()
		orders.Scope().SetName("orders")
		orders.Scope().Attributes().PutStr("tenant", tenant)
		span := orders.Spans().AppendEmpty()
		span.SetName("order of " + tenant)
		span.Attributes().PutStr("host.name", "one")
	}
	must(group.ConsumeTraces(ctx, traces))
	must(group.Shutdown(ctx))
	fmt.Printf("%s %v:\n", factory.Type(), settings)
	for _, all := range sink.AllTraces() {
		for _, resource := range all.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					tenant, _ := scope.Scope().Attributes().Get("tenant")
					fmt.Printf("  %s, tenant %s, schema %q\n", span.Name(), tenant.Str(), resource.SchemaUrl())
				}
			}
		}
	}
}

func main() {
	through(batchprocessor.NewFactory(), map[string]any{})
	through(groupbyattrsprocessor.NewFactory(), map[string]any{})
	through(groupbyattrsprocessor.NewFactory(), map[string]any{"keys": []any{"host.name"}})
}
GO
seen=$(nice go run .)

echo "groupbyattrsprocessor and batchprocessor v0.158.0: two spans of one library, whose scopes name two tenants"
echo "expected: each order with its own tenant, and the schema"
echo "seen:"; echo "$seen"
[ "$seen" = 'batch map[]:
  order of Ann, tenant Ann, schema "https://opentelemetry.io/schemas/1.40.0"
  order of Bob, tenant Bob, schema "https://opentelemetry.io/schemas/1.40.0"
groupbyattrs map[]:
  order of Ann, tenant Ann, schema ""
  order of Bob, tenant Ann, schema ""
groupbyattrs map[keys:[host.name]]:
  order of Ann, tenant Ann, schema ""
  order of Bob, tenant Ann, schema ""' ] || { echo "the behaviour changed"; exit 1; }
