#!/bin/bash
# A Zipkin annotation is any text that its author likes. The Collector takes "|" in it for the mark of its own exporter: of
# "cache miss|user=7" the part behind the bar is lost, and "GET|/orders|7" makes it refuse the whole request, with every
# other span in it, as what stands between the bars is not JSON.
#
# Why it matters to who writes rules: up to a batch of spans of other traces is missing because one of them had a text
# with two bars, and rules that rest on absence fire for them all. An event's name is not the text that was written.
#
# Expectation: a text that is not what an exporter of the Collector wrote is the event's name, as it stands.
# Versions: Collector contrib pkg/translator/zipkin v0.158.0, which the Zipkin receiver calls.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2"
)

const request = `[
 {"traceId": "0000000000000001", "id": "0000000000000001", "name": "list", "timestamp": 1, "duration": 1,
  "localEndpoint": {"serviceName": "shop"}, "annotations": [{"timestamp": 1, "value": %q}]},
 {"traceId": "0000000000000002", "id": "0000000000000002", "name": "pay", "timestamp": 1, "duration": 1,
  "localEndpoint": {"serviceName": "till"}}]`

func main() {
	for _, text := range []string{"cache miss", "cache miss|user=7", "GET|/orders|7"} {
		traces, err := zipkinv2.NewJSONTracesUnmarshaler(false).UnmarshalTraces([]byte(fmt.Sprintf(request, text)))
		if err != nil {
			fmt.Printf("%s: the request is refused: %v\n", text, err)
			continue
		}
		event := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Events().At(0)
		fmt.Printf("%s: %d spans, an event %q with %d attributes\n", text, traces.SpanCount(), event.Name(), event.Attributes().Len())
	}
}
GO
seen=$(nice go run .)

echo "pkg/translator/zipkin v0.158.0: two spans of two traces, the first with an annotation"
echo "expected: two spans each time, and an event by the name of the annotation"
echo "seen:"; echo "$seen"
[ "$seen" = "cache miss: 2 spans, an event \"cache miss\" with 0 attributes
cache miss|user=7: 2 spans, an event \"cache miss\" with 0 attributes
GET|/orders|7: the request is refused: invalid character '/' looking for beginning of value" ] || { echo "the behaviour changed"; exit 1; }
