#!/bin/bash
# Application Insights' records of requests and dependencies, as Azure exports them to an event hub, become spans by the Collector's
# translator. All records that come together are of one service, that of the last of them. A request with "Success": false is UNSET,
# and its code is a text. A dependency, which is a call to somebody else, is of kind SERVER.
#
# Why it matters to who writes rules: rules that name a service judge the spans of another, by how Azure gathered them; `status ==
# ERROR` is true of none of these; a count of requests counts the calls that they made.
#
# Expectation: a service for each role (the record has its name, AppRoleName), ERROR for what failed, CLIENT for a dependency.
# Versions: Collector contrib pkg/translator/azure v0.158.0, the translator of the receiver for Azure event hubs (`format: azure`).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/azure@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/azure"
	"go.uber.org/zap"
)

func record(kind, role, id, parent, name, code string, success bool) string {
	return fmt.Sprintf(`{"time":"2026-01-01T10:00:00.0000000Z","resourceId":"/subscriptions/1","Type":%q,"AppRoleName":%q,"Id":%q,
		"ParentId":%q,"OperationId":"4bf92f3577b34da6a3ce929d0e0e4736","OperationName":"POST /orders","Name":%q,"Success":%t,
		"ResultCode":%q,"DurationMs":5,"Properties":{}}`, kind, role, id, parent, name, success, code)
}

func main() {
	records := []string{
		record("AppRequests", "shop", "00f067aa0ba902b1", "4bf92f3577b34da6", "POST /orders", "500", false),
		record("AppDependencies", "shop", "00f067aa0ba902b2", "00f067aa0ba902b1", "POST /charge", "500", false),
		record("AppRequests", "bank", "00f067aa0ba902b3", "00f067aa0ba902b2", "POST /charge", "500", false),
	}
	traces, err := azure.TracesUnmarshaler{Logger: zap.NewNop()}.UnmarshalTraces([]byte(`{"records":[` + strings.Join(records, ",") + "]}"))
	if err != nil {
		panic(err)
	}
	for _, resource := range traces.ResourceSpans().All() {
		service, _ := resource.Resource().Attributes().Get("service.name")
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				role, _ := span.Attributes().Get("AppRoleName")
				code, _ := span.Attributes().Get("http.response.status_code")
				fmt.Printf("%s of %s: service %s, %s, %s, code %s %s\n", span.Name(), role.Str(), service.Str(), span.Kind(),
					span.Status().Code(), code.Type(), code.AsString())
			}
		}
	}
}
GO
seen=$(nice go run .)

echo "pkg/translator/azure v0.158.0: a request, a call that it made, and the request that this was to another service; all failed"
echo "expected: each of its own service, and Error; the second a Client"
echo "seen:"; echo "$seen"
[ "$seen" = 'POST /orders of shop: service bank, Server, Unset, code Str 500
POST /charge of shop: service bank, Server, Unset, code Str 500
POST /charge of bank: service bank, Server, Unset, code Str 500' ] || { echo "the behaviour changed"; exit 1; }
