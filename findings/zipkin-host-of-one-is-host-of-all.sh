#!/bin/bash
# A tag of a Zipkin span whose name is one of OpenTelemetry's resource attributes (host.name, k8s.pod.name, service.version
# and some eighty others) is taken for the resource. All spans of a service in one request have one resource, whose
# attributes are those of one of the spans: those of the others are gone, and stand nowhere.
#
# Why it matters to who writes rules: behind a proxy that gathers Zipkin spans of several pods, "the pod that took the order
# is the one that wrote it" compares one pod with itself, and so does any rule on versions while a new one is rolled out.
# Which pod it is depends on how the spans were batched.
#
# Expectation: spans whose resources differ stand under several resources, as the Jaeger translator has it for processes.
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
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func span(id int, pod string) string {
	return fmt.Sprintf(`{"traceId": "0000000000000001", "id": "000000000000000%d", "name": "work", "timestamp": 1, "duration": 1,
 "localEndpoint": {"serviceName": "shop"}, "tags": {"k8s.pod.name": %q, "order": "%d"}}`, id, pod, id)
}

func main() {
	for _, request := range [][]string{{span(1, "shop-a")}, {span(1, "shop-a"), span(2, "shop-b"), span(3, "shop-c")}} {
		traces, err := zipkinv2.NewJSONTracesUnmarshaler(false).UnmarshalTraces([]byte("[" + strings.Join(request, ",") + "]"))
		if err != nil {
			panic(err)
		}
		json, err := new(ptrace.JSONMarshaler).MarshalTraces(traces)
		if err != nil {
			panic(err)
		}
		fmt.Println("sent:", len(request), "pods, orders:", len(request), "- received:", strings.Count(string(json), "k8s.pod.name"),
			"pods, orders:", strings.Count(string(json), `"order"`))
	}
}
GO
seen=$(nice go run .)

echo "pkg/translator/zipkin v0.158.0: spans of one service in several pods, with the tags k8s.pod.name and order"
echo "expected: as many pods as were sent"
echo "seen:"; echo "$seen"
[ "$seen" = "sent: 1 pods, orders: 1 - received: 1 pods, orders: 1
sent: 3 pods, orders: 3 - received: 1 pods, orders: 3" ] || { echo "the behaviour changed"; exit 1; }
