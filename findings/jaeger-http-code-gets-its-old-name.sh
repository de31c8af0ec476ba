#!/bin/bash
# A span that comes to the Collector in Jaeger's format (a Jaeger agent, Kafka with the encoding jaeger_proto) arrives with
# its http.response.status_code under the name of before, http.status_code. The method beside it, http.request.method, keeps
# the new name, so that the span is of neither convention. It is so also for what the Collector itself wrote in that format.
#
# Why it matters to who writes rules: `http.response.status_code >= 500` holds for no span that came this way, and a rule
# that tells the conventions apart by the method's name looks for a code that is not there.
#
# Expectation: a translator renames the old name to the new one, if any; and what the Collector wrote in one format it reads
# back as it was.
# Versions: Collector contrib pkg/translator/jaeger v0.158.0, which the Jaeger and Kafka receivers call.
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
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "shop")
	span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID([16]byte{1})
	span.SetSpanID([8]byte{1})
	span.SetName("GET /orders")
	span.SetKind(ptrace.SpanKindServer)
	span.Attributes().PutStr("http.request.method", "GET")
	span.Attributes().PutInt("http.response.status_code", 404)

	back, err := jaeger.ProtoToTraces(jaeger.ProtoFromTraces(traces))
	if err != nil {
		panic(err)
	}
	out := back.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
	for _, name := range []string{"http.request.method", "http.response.status_code", "http.status_code"} {
		if value, found := out.Get(name); found {
			fmt.Println(name, value.AsString())
		} else {
			fmt.Println(name, "is not there")
		}
	}
}
GO
seen=$(nice go run .)

echo "pkg/translator/jaeger v0.158.0: http.request.method GET and http.response.status_code 404, to Jaeger and back"
echo "expected: both as they were"
echo "seen:"; echo "$seen"
[ "$seen" = "http.request.method GET
http.response.status_code is not there
http.status_code 404" ] || { echo "the behaviour changed"; exit 1; }
