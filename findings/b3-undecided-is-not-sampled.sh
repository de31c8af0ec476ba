#!/bin/bash
# A B3 caller may leave the sampling decision to whom it calls, by sending no state. The default sampler then answers
# "the caller said no" in Go and Node, and in Python where the headers are several; with Python's single header the same
# caller is recorded. With Go and Node behind such a caller the whole trace is lost, and nothing says so.
#
# Why it matters to who writes rules: a proxy or an old Zipkin client that defers leaves services behind it without
# spans. A trace that was never recorded breaks no rule; one recorded in the Python half alone lacks what the rule asks for.
#
# Expectation: B3 calls a missing state "defer", which asks the receiver to decide; the SDKs' default sampler records
# every trace that nobody has decided about.
# Versions: opentelemetry-propagator-b3 1.45.1 (Python), @opentelemetry/propagator-b3 2.12.0, propagators/b3 for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 opentelemetry-propagator-b3==1.45.1
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.9.1 @opentelemetry/core@2.12.1 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/propagator-b3@2.12.0
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/otel/sdk@v1.47.0 go.opentelemetry.io/contrib/propagators/b3@v1.47.0 2>/dev/null

cat > receive.py <<'PY'
import sys
from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
from opentelemetry.sdk.trace import TracerProvider

headers = dict(pair.split("=") for pair in sys.argv[1:])
format = B3SingleFormat() if "b3" in headers else B3MultiFormat()
with TracerProvider().get_tracer("probe").start_as_current_span("serve", context=format.extract(headers)) as span:
    print("recorded" if span.is_recording() else "lost")
PY
cat > receive.js <<'JS'
const { ROOT_CONTEXT, defaultTextMapGetter } = require('@opentelemetry/api');
const { B3Propagator } = require('@opentelemetry/propagator-b3');
const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base');

const headers = Object.fromEntries(process.argv.slice(2).map((pair) => pair.split('=')));
const caller = new B3Propagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
const span = new BasicTracerProvider().getTracer('probe').startSpan('serve', {}, caller);
console.log(span.isRecording() ? 'recorded' : 'lost');
JS
cat > receive.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	headers := propagation.MapCarrier{}
	for _, pair := range os.Args[1:] {
		name, value, _ := strings.Cut(pair, "=")
		headers[name] = value
	}
	caller := b3.New().Extract(context.Background(), headers)
	_, span := trace.NewTracerProvider().Tracer("probe").Start(caller, "serve")
	fmt.Println(map[bool]string{true: "recorded", false: "lost"}[span.IsRecording()])
}
GO
nice go build -o receive-go receive.go

trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7
seen=
for headers in "b3=$trace-$span" "x-b3-traceid=$trace x-b3-spanid=$span"; do
	# shellcheck disable=SC2086 # one argument a header
	seen+="${headers%%=*}: Python $(v/bin/python receive.py $headers), Node $(node receive.js $headers), Go $(./receive-go $headers); "
done

echo "Default samplers of Python 1.45.1, Node 2.12.1 and Go v1.47.0 behind a B3 caller that defers"
echo "expected: recorded by all, with either form of the headers"
echo "seen: $seen"
[ "$seen" = "b3: Python recorded, Node lost, Go lost; x-b3-traceid: Python lost, Node lost, Go lost; " ] || { echo "the behaviour changed"; exit 1; }
