#!/bin/bash
# OTEL_RESOURCE_ATTRIBUTES with an equals sign in one of its values ("label=app=web") is thrown away whole by Node, without a word:
# the service's name and the environment go with it, and the service is unknown_service:node. Python and Go take the value.
#
# Why it matters to who writes rules: rules for one service or environment say nothing of that program, and those on services that
# may not talk to each other meet a service that nobody named.
#
# Expectation: the variable has the format of W3C baggage, whose values may hold "="; base64 ends in it, and labels are made of it.
# Versions: @opentelemetry/resources 2.12.1 (Node), opentelemetry-sdk 1.45.2 (Python), go.opentelemetry.io/otel/sdk 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/resources@2.12.1 >/dev/null

cat > probe.js <<'JS'
// As the SDK for Node makes its resource: the defaults, and what is detected.
const { defaultResource, detectResources, envDetector } = require('@opentelemetry/resources');

const { attributes } = defaultResource().merge(detectResources({ detectors: [envDetector] }));
console.log('Node:', ...['service.name', 'deployment.environment.name', 'label'].map((key) => attributes[key] ?? 'none'));
JS
cat > probe.py <<'PY'
from opentelemetry.sdk.resources import Resource

attributes = Resource.create().attributes
print("Python:", *(attributes.get(key, "none") for key in ("service.name", "deployment.environment.name", "label")))
PY
cat > main.go <<'GO'
package main

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

func main() {
	fmt.Print("Go:")
	for _, key := range []attribute.Key{"service.name", "deployment.environment.name", "label"} {
		value, _ := resource.Default().Set().Value(key)
		fmt.Print(" ", value.AsString())
	}
	fmt.Println()
}
GO
export GOFLAGS=-mod=mod
{ go mod init probe && go get go.opentelemetry.io/otel/sdk@v1.47.0 && go build -o probe .; } >/dev/null 2>&1
seen=$(for label in web app=web; do
  export OTEL_RESOURCE_ATTRIBUTES="service.name=shop,deployment.environment.name=production,label=$label"
  node probe.js 2>&1; v/bin/python probe.py; ./probe
done)

echo "@opentelemetry/resources 2.12.1, opentelemetry-sdk 1.45.2, otel/sdk 1.47.0: the label is web, and then app=web"
echo "expected: shop, production and the label, six times"
echo "seen:"; echo "$seen"
[ "$seen" = "Node: shop production web
Python: shop production web
Go: shop production web
Node: unknown_service:node none none
Python: shop production app=web
Go: shop production app=web" ] || { echo "the behaviour changed"; exit 1; }
