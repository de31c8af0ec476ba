#!/bin/bash
# Zipkin's tags are all text; the receiver's parse_string_tags, switched on to get status codes as numbers, turns every
# text of digits into a number: the account "0042" becomes the integer 42 and the version "1.10" the double 1.1.
#
# Why it matters to who writes rules: identities and versions change without a trace of it. Two accounts become one,
# and `version == "1.10"` no longer holds on spans that came through Zipkin.
#
# Expectation: a text is read as a number only where printing the number gives the text back.
# Versions: Collector contrib pkg/translator/zipkin v0.158.0, which the zipkin receiver calls.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2"
)

const sent = `[{"traceId":"0af7651916cd43dd8448eb211c80319c","id":"b7ad6b7169203331","name":"charge","timestamp":1700000000000000,
"duration":10,"localEndpoint":{"serviceName":"pay"},"tags":{"account":"0042","version":"1.10","http.status_code":"200"}}]`

func main() {
	traces, err := zipkinv2.NewJSONTracesUnmarshaler(true).UnmarshalTraces([]byte(sent))
	if err != nil {
		panic(err)
	}
	got := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
	for _, key := range []string{"account", "version", "http.status_code"} {
		value, _ := got.Get(key)
		fmt.Println(key, value.Type(), value.AsString())
	}
}
GO
seen=$(nice go run .)

echo "pkg/translator/zipkin v0.158.0 with parse_string_tags: account 0042, version 1.10, http.status_code 200"
echo "expected: account and version stay text, the status code becomes a number"
echo "seen:"; echo "$seen"
[ "$seen" = "account Int 42
version Double 1.1
http.status_code Int 200" ] || { echo "the behaviour changed"; exit 1; }
