#!/bin/bash
# The groupbytrace processor holds each trace for wait_duration before it hands it on. When the Collector is asked to stop,
# what it holds is dropped: nothing is logged as lost, no error is returned, and the spans' senders were told that all is well.
#
# Why it matters to who writes rules: every restart and every new configuration loses the traces of the last seconds, and of
# a trace that goes on after it only the rest is seen: "each charge has an order before it" fires for the innocent.
#
# Expectation: a stop hands on what is held, as the batch processor does, and as tail sampling decides on what it holds
# (unless drop_pending_traces_on_shutdown asks for the opposite).
# Versions: Collector contrib groupbytraceprocessor v0.158.0, Collector batchprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/batchprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// stopped hands on one span, lets the processor take it in, and stops the processor: how many spans come out, and whether
// a warning says that some do not.
func stopped(factory processor.Factory, settings map[string]any) (spans, warnings int) {
	ctx := context.Background()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(settings).Unmarshal(config))
	core, logged := observer.New(zap.WarnLevel)
	set := processortest.NewNopSettings(factory.Type())
	set.Logger = zap.New(core)
	sink := new(consumertest.TracesSink)
	held, err := factory.CreateTraces(ctx, set, config, sink)
	must(err)
	must(held.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID([16]byte{1})
	span.SetSpanID([8]byte{1})
	must(held.ConsumeTraces(ctx, traces))
	time.Sleep(time.Second)
	must(held.Shutdown(ctx))
	time.Sleep(time.Second)
	return sink.SpanCount(), logged.Len()
}

func main() {
	for _, one := range []struct {
		name     string
		factory  processor.Factory
		settings map[string]any
	}{
		{"batch", batchprocessor.NewFactory(), map[string]any{"timeout": "60s"}},
		{"groupbytrace", groupbytraceprocessor.NewFactory(), map[string]any{"wait_duration": "60s"}},
	} {
		spans, warnings := stopped(one.factory, one.settings)
		fmt.Println(one.name+":", spans, "spans come out,", warnings, "warnings")
	}
}
GO
seen=$(nice go run .)

echo "groupbytraceprocessor and batchprocessor v0.158.0: one span goes in, both would hold it for a minute, both are stopped"
echo "expected: it comes out of both"
echo "seen:"; echo "$seen"
[ "$seen" = "batch: 1 spans come out, 0 warnings
groupbytrace: 0 spans come out, 0 warnings" ] || { echo "the behaviour changed"; exit 1; }
