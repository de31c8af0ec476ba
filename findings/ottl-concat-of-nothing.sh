#!/bin/bash
# OTTL's Concat with a path that does not exist writes the text "<nil>" into the result, with no error under any error
# mode: Concat([tenant, user], ":") is "<nil>:ann" for every span without a tenant. Other functions leave the target
# untouched in the same case.
#
# Why it matters to who writes rules: keys that tie spans together are often made in a transform processor. All spans
# that lack a part share one group, exists(key) holds for them, and they correlate with each other.
#
# Expectation: the page of the function says that unsupported values are left out of the result; a set() whose value is
# nil does nothing.
# Versions: Collector components v0.158.0 (transformprocessor, pkg/ottl).
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

func main() {
	ctx := context.Background()
	factory := transformprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"error_mode": "propagate", "trace_statements": []any{map[string]any{
		"context": "span", "statements": []any{
			`set(attributes["key"], Concat([attributes["tenant"], attributes["user"]], ":"))`,
			`set(attributes["copy"], attributes["tenant"])`,
		}}}}).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	transform, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(transform.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.Attributes().PutStr("user", "ann")
	must(transform.ConsumeTraces(ctx, traces))
	must(transform.Shutdown(ctx))
	out := sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
	key, found := out.Get("key")
	fmt.Println("key:", found, key.AsString())
	_, found = out.Get("copy")
	fmt.Println("copy:", found)
}
GO
seen=$(nice go run .)

echo "transformprocessor v0.158.0: Concat([tenant, user], \":\") on a span without tenant"
echo "expected: ':ann' or 'ann', or no key, or an error"
echo "seen:"; echo "$seen"
[ "$seen" = "key: true <nil>:ann
copy: false" ] || { echo "the behaviour changed"; exit 1; }
