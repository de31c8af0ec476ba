#!/bin/bash
# A file that the Collector's file exporter wrote is not read back by the Collector's own receiver for such files: one
# batch is one line, a line of ordinary size (8,192 spans, the batch processor's default) is longer than the receiver's
# limit of 1 MiB, and a longer line is cut into pieces of which none is JSON. No span arrives and no line is logged, not
# even at debug. With the default start_at nothing at all is read from a file that was there before.
#
# Why it matters to who writes rules: replaying a recording is how a rule is tried against last week. An empty replay
# looks like "no violation".
#
# Expectation: the receiver's page says that its data is serialized as the file exporter does, and that it reads a file
# in its entirety.
# Versions: Collector components v0.158.0 (fileexporter, otlpjsonfilereceiver).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
contrib=github.com/open-telemetry/opentelemetry-collector-contrib
go get $contrib/exporter/fileexporter@v0.158.0 $contrib/receiver/otlpjsonfilereceiver@v0.158.0 \
  go.opentelemetry.io/collector/exporter/exportertest@v0.158.0 go.opentelemetry.io/collector/receiver/receivertest@v0.158.0 \
  go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/otlpjsonfilereceiver"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

var ctx = context.Background()

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func write(path string, spans int) {
	factory := fileexporter.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"path": path}).Unmarshal(config))
	file, err := factory.CreateTraces(ctx, exportertest.NewNopSettings(factory.Type()), config)
	must(err)
	must(file.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	all := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range spans {
		span, id := all.AppendEmpty(), pcommon.SpanID{}
		binary.BigEndian.PutUint64(id[:], uint64(i+1))
		span.SetSpanID(id)
		span.SetTraceID(pcommon.TraceID{15: 1})
		span.SetName("GET /orders/{id}")
		span.Attributes().PutStr("http.route", "/orders/{id}")
	}
	must(file.ConsumeTraces(ctx, traces))
	must(file.Shutdown(ctx))
}

func read(path string, settings map[string]any) int {
	factory := otlpjsonfilereceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	settings["include"] = []any{path}
	must(confmap.NewFromStringMap(settings).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	file, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(file.Start(ctx, componenttest.NewNopHost()))
	for end := time.Now().Add(8 * time.Second); sink.SpanCount() == 0 && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	must(file.Shutdown(ctx))
	return sink.SpanCount()
}

func main() {
	write("small.json", 100)
	write("large.json", 8192)
	stat, err := os.Stat("large.json")
	must(err)
	fmt.Println("one line of more than 1 MiB:", stat.Size() > 1<<20)
	fmt.Println("100 spans, defaults:", read("small.json", map[string]any{}))
	fmt.Println("100 spans, start_at beginning:", read("small.json", map[string]any{"start_at": "beginning"}))
	fmt.Println("8192 spans, start_at beginning:", read("large.json", map[string]any{"start_at": "beginning"}))
	fmt.Println("8192 spans, max_log_size 64MiB:", read("large.json", map[string]any{"start_at": "beginning", "max_log_size": "64MiB"}))
}
GO
seen=$(nice go run .)

echo "fileexporter and otlpjsonfilereceiver v0.158.0: spans read of those written"
echo "expected: all of them each time"
echo "seen:"; echo "$seen"
[ "$seen" = "one line of more than 1 MiB: true
100 spans, defaults: 0
100 spans, start_at beginning: 100
8192 spans, start_at beginning: 0
8192 spans, max_log_size 64MiB: 8192" ] || { echo "the behaviour changed"; exit 1; }
