#!/bin/bash
# Go's sampler for Jaeger's remote configuration, handed to the provider as its page shows it, decides on each span anew, not on a
# trace at its root. With a rate for one operation, spans of that operation are kept and their roots are not; with traces a
# second, the limit counts spans, and what is kept is a root without the rest. Jaeger's own client decided at the root, and the strategy
# speaks of traces.
#
# Why it matters to who writes rules: traces are torn, and rules that rest on absence fire for what the sampler took; what has no root
# is never told to be complete.
#
# Expectation: `maxTracesPerSecond` counts traces, and a trace is kept whole or not at all.
# Versions: go.opentelemetry.io/contrib/samplers/jaegerremote 0.38.0, sdk (Go) 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/samplers/jaegerremote@v0.38.0 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/samplers/jaegerremote"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// kept sends a hundred requests, each with two charges, and says what is left of them under a strategy.
func kept(name, strategy string, wrap func(sdk.Sampler) sdk.Sampler) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(answer, strategy)
		asked.Add(1)
	}))
	defer server.Close()
	remote := jaegerremote.New("shop", jaegerremote.WithSamplingServerURL(server.URL),
		jaegerremote.WithSamplingRefreshInterval(100*time.Millisecond))
	defer remote.Close()
	for asked.Load() < 3 {
		time.Sleep(10 * time.Millisecond)
	}
	recorder := tracetest.NewSpanRecorder()
	tracer := sdk.NewTracerProvider(sdk.WithSampler(wrap(remote)), sdk.WithSpanProcessor(recorder)).Tracer("probe")
	for range 100 {
		ctx, request := tracer.Start(context.Background(), "request")
		for range 2 {
			_, charge := tracer.Start(ctx, "charge")
			charge.End()
		}
		request.End()
	}
	roots, below := map[trace.TraceID]bool{}, map[trace.TraceID]int{}
	for _, span := range recorder.Ended() {
		if span.Parent().IsValid() {
			below[span.SpanContext().TraceID()]++
		} else {
			roots[span.SpanContext().TraceID()] = true
		}
	}
	whole, withoutRest, withoutRoot := false, false, false
	for id := range roots {
		whole = whole || below[id] == 2
		withoutRest = withoutRest || below[id] < 2
	}
	for id := range below {
		withoutRoot = withoutRoot || !roots[id]
	}
	fmt.Printf("%s: whole traces %t, roots without the rest %t, the rest without its root %t\n", name, whole, withoutRest, withoutRoot)
}

func main() {
	plain := func(sampler sdk.Sampler) sdk.Sampler { return sampler }
	parent := func(sampler sdk.Sampler) sdk.Sampler { return sdk.ParentBased(sampler) }
	operation := `{"strategyType":"PROBABILISTIC","operationSampling":{"defaultSamplingProbability":0,"defaultLowerBoundTracesPerSecond":0,
		"perOperationStrategies":[{"operation":"charge","probabilisticSampling":{"samplingRate":1}}]}}`
	limit := `{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":1}}`
	kept("an operation", operation, plain)
	kept("traces a second", limit, plain)
	kept("traces a second, ParentBased", limit, parent)
}
GO
seen=$(nice go run .)

echo "samplers/jaegerremote 0.38.0: a hundred requests under two strategies, the last one also below ParentBased"
echo "expected: whole traces alone, or none"
echo "seen:"; echo "$seen"
[ "$seen" = "an operation: whole traces false, roots without the rest false, the rest without its root true
traces a second: whole traces false, roots without the rest true, the rest without its root false
traces a second, ParentBased: whole traces true, roots without the rest false, the rest without its root false" ] || { echo "the behaviour changed"; exit 1; }
