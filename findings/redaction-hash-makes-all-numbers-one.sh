#!/bin/bash
# The Collector's redaction processor replaces the values of keys that match `blocked_key_patterns` by their hash, so that spans of
# one user can still be told from those of another. Of a value that is no text, an integer, a double or a truth, it hashes the empty
# text: all users that are numbers have one and the same hash. Without a hash function each becomes the text "****".
#
# Why it matters to who writes rules: what is grouped by the user takes all for one: a bound for each is broken by all together, and
# "who approved is not who asked" finds the same person every time. As one SDK sends ids as text and another as numbers, it is
# one service of several; and a pattern for tokens makes texts of `gen_ai.usage.input_tokens`, of which no budget is a sum.
#
# Expectation: values that differ have hashes that differ, of whatever kind they are.
# Versions: Collector contrib redactionprocessor v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
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

// redacted sends a span for each user, and gives back what their ids have become.
func redacted(settings map[string]any, users ...any) (ids []string) {
	ctx := context.Background()
	factory := redactionprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	settings["allow_all_keys"], settings["blocked_key_patterns"] = true, []any{"user.*"}
	must(confmap.NewFromStringMap(settings).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	processor, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(processor.Start(ctx, componenttest.NewNopHost()))
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, user := range users {
		must(spans.AppendEmpty().Attributes().PutEmpty("user.id").FromRaw(user))
	}
	must(processor.ConsumeTraces(ctx, traces))
	must(processor.Shutdown(ctx))
	spans = sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for _, span := range spans.All() {
		id, _ := span.Attributes().Get("user.id")
		ids = append(ids, fmt.Sprintf("%.6s", id.AsString()))
	}
	return ids
}

func main() {
	fmt.Println("md5, texts 42 and 43:", redacted(map[string]any{"hash_function": "md5"}, "42", "43"))
	fmt.Println("md5, numbers 42 and 43, and an empty text:", redacted(map[string]any{"hash_function": "md5"}, 42, 43, ""))
	fmt.Println("no hash, numbers 42 and 43:", redacted(map[string]any{}, 42, 43))
	all := map[string]any{"hash_function": "md5", "redact_all_types": true}
	fmt.Println("md5, redact_all_types, numbers 42 and 43:", redacted(all, 42, 43))
}
GO
seen=$(nice go run .)

echo "redactionprocessor v0.158.0: the first six letters of what ids of users become"
echo "expected: two that differ in each line with md5"
echo "seen:"; echo "$seen"
[ "$seen" = "md5, texts 42 and 43: [a1d0c6 17e621]
md5, numbers 42 and 43, and an empty text: [d41d8c d41d8c d41d8c]
no hash, numbers 42 and 43: [**** ****]
md5, redact_all_types, numbers 42 and 43: [a1d0c6 17e621]" ] || { echo "the behaviour changed"; exit 1; }
