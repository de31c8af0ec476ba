#!/bin/bash
# The attributes processor's `hash` gives the integer 42, the double 42 and the text "42" three different hashes: a
# number is hashed by its eight bytes in memory, not by its digits. Only the text's hash is what sha256sum prints. (The
# page of the processor says SHA1; it is SHA-256.)
#
# Why it matters to who writes rules: user ids are hashed in the Collector so that rules may still compare them. The
# same user is an integer in one service's spans and a text in another's (Node, Spring, Rust's u64): after hashing they
# are two users, and "the one who approved is not the one who asked" holds for everybody.
#
# Expectation: a pseudonym depends on the value, and can be recomputed outside from the value a person reads.
# Versions: Collector components v0.158.0 (attributesprocessor).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor@v0.158.0 \
  go.opentelemetry.io/collector/processor/processortest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
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
	factory := attributesprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	keys := []string{"text", "integer", "double"}
	var actions []any
	for _, key := range keys {
		actions = append(actions, map[string]any{"key": key, "action": "hash"})
	}
	must(confmap.NewFromStringMap(map[string]any{"actions": actions}).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	hash, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(hash.Start(ctx, componenttest.NewNopHost()))

	traces := ptrace.NewTraces()
	user := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().Attributes()
	user.PutStr("text", "42")
	user.PutInt("integer", 42)
	user.PutDouble("double", 42)
	must(hash.ConsumeTraces(ctx, traces))
	must(hash.Shutdown(ctx))
	out := sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
	for _, key := range keys {
		value, _ := out.Get(key)
		fmt.Println(key, value.Str())
	}
}
GO
seen=$(nice go run .)
digest=$(printf 42 | sha256sum | cut -d' ' -f1)

echo "attributesprocessor v0.158.0, action hash, the value 42 in three kinds"
echo "expected: one hash, sha256 of the digits: $digest"
echo "seen:"; echo "$seen"
[ "$seen" = "text $digest
integer ed049108bc18f2c64369e8d0ea42850bdd1a7d1dd340cfde716315579702a76c
double e726a50d216e6d71d7c53aabd23ab5e0d4677c3ef1f41fc35410143ebe6381c1" ] || { echo "the behaviour changed"; exit 1; }
