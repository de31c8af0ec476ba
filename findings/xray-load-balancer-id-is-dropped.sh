#!/bin/bash
# A load balancer of AWS gives each request an X-Amzn-Trace-Id with a Root and no Parent, as it makes no span. The X-Ray
# propagators of Python, Node and Go take nothing from it: the service begins a trace with an id of its own.
#
# Why it matters to who writes rules: the id in the balancer's access log is in no span, so that a violation's trace and
# the line of the log it came from cannot be found by each other.
#
# Expectation: the header is the propagator's own format, with the field Root alone valid, as AWS documents it for its
# load balancers; the first service would carry that id on with no parent.
# Versions: opentelemetry-propagator-aws-xray 1.0.2 (Python), @opentelemetry/propagator-aws-xray 2.2.0,
# propagators/aws for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-api==1.45.1 opentelemetry-propagator-aws-xray==1.0.2
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.9.1 @opentelemetry/core@2.12.1 @opentelemetry/propagator-aws-xray@2.2.0
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/otel@v1.47.0 go.opentelemetry.io/contrib/propagators/aws@v1.47.0 2>/dev/null

cat > read.py <<'PY'
import sys
from opentelemetry import trace
from opentelemetry.propagators.aws import AwsXRayPropagator

read = trace.get_current_span(AwsXRayPropagator().extract({"X-Amzn-Trace-Id": sys.argv[1]})).get_span_context()
print(format(read.trace_id, "032x") if read.trace_id else "none")
PY
cat > read.js <<'JS'
const { ROOT_CONTEXT, defaultTextMapGetter, trace } = require('@opentelemetry/api');
const { AWSXRayPropagator } = require('@opentelemetry/propagator-aws-xray');

const read = new AWSXRayPropagator().extract(ROOT_CONTEXT, { 'x-amzn-trace-id': process.argv[2] }, defaultTextMapGetter);
console.log(trace.getSpanContext(read)?.traceId ?? 'none');
JS
cat > read.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/contrib/propagators/aws/xray"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	header := propagation.MapCarrier{"X-Amzn-Trace-Id": os.Args[1]}
	read := trace.SpanContextFromContext(xray.Propagator{}.Extract(context.Background(), header))
	if !read.TraceID().IsValid() {
		fmt.Println("none")
		return
	}
	fmt.Println(read.TraceID())
}
GO
nice go build -o read-go read.go

root=Root=1-4bf92f35-77b34da6a3ce929d0e0e4736
seen=
for header in "$root;Parent=00f067aa0ba902b7;Sampled=1" "$root"; do
	seen+="Python $(v/bin/python read.py "$header"), Node $(node read.js "$header"), Go $(./read-go "$header"); "
done

id=4bf92f3577b34da6a3ce929d0e0e4736
echo "X-Ray propagators of Python 1.0.2, Node 2.2.0 and Go v1.47.0, from a service and from a load balancer"
echo "expected: the id $id from both"
echo "seen: $seen"
[ "$seen" = "Python $id, Node $id, Go $id; Python none, Node none, Go none; " ] || { echo "the behaviour changed"; exit 1; }
