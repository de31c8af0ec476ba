#!/bin/bash
# An attribute whose value the Collector's configuration takes from a variable has the kind that the text looks like in YAML,
# in quotes as well: of RELEASE=1.10 comes the number 1.1, of 0042 the integer 34 (it is octal), of "true" a truth. Text
# around the variable, or a value written out in quotes, stays text.
#
# Why it matters to who writes rules: `release == "1.10"` holds for no span, while 1.9 and 1.90 are one release. A commit's
# short id is an integer in the releases whose id has digits only, and a shop "0042" is the shop of another number.
#
# Expectation: quotes in YAML ask for text, and a variable of the environment is text.
# Versions: Collector contrib attributesprocessor v0.158.0, Collector confmap v1.64.0 with its env provider.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor@v0.158.0 \
  go.opentelemetry.io/collector/confmap/provider/envprovider@v1.64.0 \
  go.opentelemetry.io/collector/confmap/provider/yamlprovider@v1.64.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// written hands one span through the processor, configured as a Collector reads its file, and tells what the attribute is.
func written(value string) string {
	ctx := context.Background()
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{"yaml:actions:\n- key: release\n  action: upsert\n  value: " + value + "\n"},
		ProviderFactories: []confmap.ProviderFactory{envprovider.NewFactory(), yamlprovider.NewFactory()},
	})
	must(err)
	read, err := resolver.Resolve(ctx)
	must(err)
	factory := attributesprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	must(read.Unmarshal(config))
	sink := new(consumertest.TracesSink)
	processor, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(processor.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	must(processor.ConsumeTraces(ctx, traces))
	must(processor.Shutdown(ctx))
	release, _ := sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().Get("release")
	return release.Type().String() + " " + release.AsString()
}

func main() {
	for _, release := range []string{"1.10", "0042", "1234567", "true"} {
		os.Setenv("RELEASE", release)
		fmt.Printf("%s: written out %s, by a variable %s, with text around %s\n", release,
			written(`"`+release+`"`), written(`"${env:RELEASE}"`), written(`"r${env:RELEASE}"`))
	}
}
GO
seen=$(nice go run .)

echo "attributesprocessor v0.158.0, confmap v1.64.0: a value in quotes, written out and by \"\${env:RELEASE}\""
echo "expected: the same text by both"
echo "seen:"; echo "$seen"
[ "$seen" = '1.10: written out Str 1.10, by a variable Double 1.1, with text around Str r1.10
0042: written out Str 0042, by a variable Int 34, with text around Str r0042
1234567: written out Str 1234567, by a variable Int 1234567, with text around Str r1234567
true: written out Str true, by a variable Bool true, with text around Str rtrue' ] || { echo "the behaviour changed"; exit 1; }
