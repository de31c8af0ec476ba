#!/bin/bash
# Baggage of a hundred members passes a service in Python or Node as it is; a service in Go passes 64 on. Of baggage above 8192 bytes
# Node passes on what fits, and Python and Go nothing: one long value takes the tenant's with it.
#
# Why it matters to who writes rules: spans that copy the tenant or the customer from baggage have it up to the first service of
# another language and not behind it. "Each span of a trace has one tenant" breaks on the largest requests alone.
#
# Expectation: W3C baggage asks for 64 members and 8192 bytes at least. It leaves open what becomes of more, and three SDKs of one
# project would answer that alike.
# Versions: opentelemetry-api 1.45.2 (Python), @opentelemetry/core 2.12.1 (Node), go.opentelemetry.io/otel 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-api==1.45.2
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/core@2.12.1 >/dev/null

# Each reads the header as a request brings it and writes what it sends on: how many members, and whether the tenant is there.
cat > pass.py <<'PY'
import sys

from opentelemetry.baggage.propagation import W3CBaggagePropagator

baggage, sent = W3CBaggagePropagator(), {}
baggage.inject(sent, baggage.extract({"baggage": sys.argv[1]}))
members = [one for one in sent.get("baggage", "").split(",") if one]
print("Python", len(members), "with" if "tenant=acme" in members else "without", "the tenant")
PY
cat > pass.js <<'JS'
const { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT } = require('@opentelemetry/api');
const { W3CBaggagePropagator } = require('@opentelemetry/core');

const baggage = new W3CBaggagePropagator();
const sent = {};
baggage.inject(baggage.extract(ROOT_CONTEXT, { baggage: process.argv[2] }, defaultTextMapGetter), sent, defaultTextMapSetter);
const members = (sent.baggage ?? '').split(',').filter((one) => one);
console.log('Node', members.length, members.includes('tenant=acme') ? 'with' : 'without', 'the tenant');
JS
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

func main() {
	sent := propagation.MapCarrier{}
	baggage := propagation.Baggage{}
	baggage.Inject(baggage.Extract(context.Background(), propagation.MapCarrier{"baggage": os.Args[1]}), sent)
	members := slices.DeleteFunc(strings.Split(sent["baggage"], ","), func(one string) bool { return one == "" })
	with := "without"
	if slices.Contains(members, "tenant=acme") {
		with = "with"
	}
	fmt.Println("Go", len(members), with, "the tenant")
}
GO
export GOFLAGS=-mod=mod
{ go mod init probe && go get go.opentelemetry.io/otel@v1.47.0 && go build -o pass .; } >/dev/null 2>&1
many=tenant=acme$(for i in $(seq 99); do echo -n ",flag$i=on"; done)
long=tenant=acme,plan=gold,cart=$(printf 'x%.0s' $(seq 4000)),query=$(printf 'y%.0s' $(seq 4200))
seen=$(for what in many long; do
  for one in "v/bin/python pass.py" "node pass.js" ./pass; do echo "$what: $($one "${!what}" 2>/dev/null)"; done
done)

echo "opentelemetry-api 1.45.2, core 2.12.1, otel 1.47.0: a hundred members, and four of ${#long} bytes; the tenant is the first"
echo "expected: the same members from all"
echo "seen:"; echo "$seen"
[ "$seen" = "many: Python 100 with the tenant
many: Node 100 with the tenant
many: Go 64 with the tenant
long: Python 0 without the tenant
long: Node 3 with the tenant
long: Go 0 without the tenant" ] || { echo "the behaviour changed"; exit 1; }
