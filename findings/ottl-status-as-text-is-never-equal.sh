#!/bin/bash
# In the Collector's OTTL a span's status code and kind are numbers, and `status.code == "STATUS_CODE_ERROR"`, with quotes, is
# a comparison of a number with a text: valid, and false for every span. With != it is true for every span, so that a
# filter "drop what is no error" drops all, errors too. Neither the configuration nor the log tells of it. The same holds
# of kind, and of a status code of HTTP that is a text in one service and a number in the condition.
#
# Why it matters to who writes rules: a filter before the rules drops all spans of a service, or none, and rules that rest on
# absence fire or stay silent for ever. A span is dropped for a type, not for what it says.
#
# Expectation: comparing a field of a known type with a value of another is refused when the configuration is read, as
# OTTL refuses a name of a function or a field that does not exist.
# Versions: Collector contrib filterprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// left gives the names of the spans that are left, and how many warnings were logged.
func left(condition string) (names []string, warnings int) {
	ctx := context.Background()
	factory := filterprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"traces": map[string]any{"span": []any{condition}}}).Unmarshal(config))
	must(config.(*filterprocessor.Config).Validate())
	core, logged := observer.New(zap.WarnLevel)
	set := processortest.NewNopSettings(factory.Type())
	set.Logger = zap.New(core)
	sink := new(consumertest.TracesSink)
	filter, err := factory.CreateTraces(ctx, set, config, sink)
	must(err)
	must(filter.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, name := range []string{"fine", "failed"} {
		span := spans.AppendEmpty()
		span.SetName(name)
		if name == "failed" {
			span.Status().SetCode(ptrace.StatusCodeError)
			span.Attributes().PutStr("http.response.status_code", "500")
		}
	}
	must(filter.ConsumeTraces(ctx, traces))
	must(filter.Shutdown(ctx))
	for _, all := range sink.AllTraces() {
		spans := all.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
		for i := 0; i < spans.Len(); i++ {
			names = append(names, spans.At(i).Name())
		}
	}
	return names, logged.Len()
}

func main() {
	for _, condition := range []string{
		`status.code != STATUS_CODE_ERROR`,
		`status.code != "STATUS_CODE_ERROR"`,
		`status.code == "STATUS_CODE_ERROR"`,
		`attributes["http.response.status_code"] >= 500`,
	} {
		names, warnings := left(condition)
		fmt.Printf("dropped where %s: left %v, %d warnings\n", condition, names, warnings)
	}
}
GO
seen=$(nice go run .)

echo "filterprocessor v0.158.0: two spans, 'fine' with no status and 'failed' with ERROR and the text 500"
echo "expected: [failed] of the first two, [fine] of the others; or no configuration with quotes at all"
echo "seen:"; echo "$seen"
[ "$seen" = 'dropped where status.code != STATUS_CODE_ERROR: left [failed], 0 warnings
dropped where status.code != "STATUS_CODE_ERROR": left [], 0 warnings
dropped where status.code == "STATUS_CODE_ERROR": left [fine failed], 0 warnings
dropped where attributes["http.response.status_code"] >= 500: left [fine failed], 0 warnings' ] || { echo "the behaviour changed"; exit 1; }
