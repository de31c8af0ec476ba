#!/bin/bash
# An attribute of the resource that is set in the program and in OTEL_RESOURCE_ATTRIBUTES too: in Node the environment's holds, in
# Python and in Go the program's. Of the service's name it is the same.
#
# Why it matters to who writes rules: a chart that names the service and the environment of each pod renames Node's programs, and
# those alone: a rule on `service.name == checkout` goes silent for some languages, and for others holds on.
#
# Expectation: all merge two resources by one rule of the specification, and so one of the two prevails everywhere.
# Versions: @opentelemetry/sdk-node 0.223.0, opentelemetry-sdk 1.45.2 (Python), go.opentelemetry.io/otel/sdk 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-node@0.223.0 \
  @opentelemetry/resources@2.12.1 >/dev/null

cat > probe.js <<'JS'
const { trace } = require('@opentelemetry/api');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { NodeSDK } = require('@opentelemetry/sdk-node');

const show = {
  onStart() {},
  onEnd({ resource: { attributes } }) { console.log('Node:', attributes['service.name'], attributes.team); },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
const sdk = new NodeSDK({
  resource: resourceFromAttributes({ 'service.name': 'program', team: 'program' }), spanProcessors: [show],
});
sdk.start();
trace.getTracer('probe').startSpan('order').end();
sdk.shutdown();
JS
cat > probe.py <<'PY'
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

provider = TracerProvider(resource=Resource.create({"service.name": "program", "team": "program"}))
attributes = provider.get_tracer("probe").start_span("order").resource.attributes
print("Python:", attributes["service.name"], attributes["team"])
PY
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	named := resource.NewSchemaless(attribute.String("service.name", "program"), attribute.String("team", "program"))
	_, span := trace.NewTracerProvider(trace.WithResource(named)).Tracer("probe").Start(context.Background(), "order")
	attributes := span.(trace.ReadOnlySpan).Resource().Set()
	name, _ := attributes.Value("service.name")
	team, _ := attributes.Value("team")
	fmt.Println("Go:", name.AsString(), team.AsString())
}
GO
export GOFLAGS=-mod=mod
{ go mod init probe && go get go.opentelemetry.io/otel/sdk@v1.47.0 && go build -o probe .; } >/dev/null 2>&1
export OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none
export OTEL_RESOURCE_ATTRIBUTES="service.name=environment,team=environment"
seen=$(node probe.js 2>&1; v/bin/python probe.py; ./probe)

echo "sdk-node 0.223.0, opentelemetry-sdk 1.45.2, otel/sdk 1.47.0: service.name and team, set by the program and the environment"
echo "expected: one of the two in all three"
echo "seen:"; echo "$seen"
[ "$seen" = "Node: environment environment
Python: program program
Go: program program" ] || { echo "the behaviour changed"; exit 1; }
