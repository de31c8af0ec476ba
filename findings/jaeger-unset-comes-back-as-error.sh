#!/bin/bash
# A span whose sender left its status UNSET, and which has a status code of HTTP, comes out of the Collector's translation to Jaeger
# and back with a status that the translator makes of the code: ERROR for 404, unless it is a server's, and for 500, UNSET
# for 200. The way over Jaeger is a queue between two Collectors (Kafka with `encoding: jaeger_proto`), a store, or a sender.
#
# Why it matters to who writes rules: a rule on `status == ERROR` says one thing of a service that sends OTLP and another of the same
# service behind a queue. Frameworks that write the code on an INTERNAL span, as Fastify's does, have an ERROR for each 404.
#
# Expectation: UNSET is one of three statuses, and says that nobody called it a failure; it comes back as it went, as OK does.
# Versions: Collector contrib pkg/translator/jaeger v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func main() {
	for _, one := range []struct {
		kind   ptrace.SpanKind
		status ptrace.StatusCode
		code   int64
	}{
		{ptrace.SpanKindInternal, ptrace.StatusCodeUnset, 200},
		{ptrace.SpanKindInternal, ptrace.StatusCodeUnset, 404},
		{ptrace.SpanKindClient, ptrace.StatusCodeUnset, 404},
		{ptrace.SpanKindServer, ptrace.StatusCodeUnset, 404},
		{ptrace.SpanKindServer, ptrace.StatusCodeUnset, 500},
		{ptrace.SpanKindServer, ptrace.StatusCodeOk, 500},
	} {
		traces := ptrace.NewTraces()
		resource := traces.ResourceSpans().AppendEmpty()
		resource.Resource().Attributes().PutStr("service.name", "shop")
		span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID([16]byte{1})
		span.SetSpanID([8]byte{1})
		span.SetKind(one.kind)
		span.Status().SetCode(one.status)
		span.Attributes().PutInt("http.response.status_code", one.code)
		back, err := jaeger.ProtoToTraces(jaeger.ProtoFromTraces(traces))
		if err != nil {
			panic(err)
		}
		came := back.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
		fmt.Printf("%s %d: went %s, came back %s\n", one.kind, one.code, one.status, came.Status().Code())
	}
}
GO
seen=$(nice go run .)

echo "pkg/translator/jaeger v0.158.0: spans to Jaeger and back"
echo "expected: each comes back as it went"
echo "seen:"; echo "$seen"
[ "$seen" = "Internal 200: went Unset, came back Unset
Internal 404: went Unset, came back Error
Client 404: went Unset, came back Error
Server 404: went Unset, came back Unset
Server 500: went Unset, came back Error
Server 500: went Ok, came back Ok" ] || { echo "the behaviour changed"; exit 1; }
