#!/bin/bash
# The Python package of OTLP's messages, read with protobuf's own JSON functions, takes the hexadecimal ids of OTLP/JSON
# for base64: a trace id of 16 bytes becomes one of 24, a span id of 8 one of 12, without an error. Written back, kinds
# and statuses are names, which OTLP/JSON forbids.
#
# Why it matters to who writes rules: scripts that join violations to recordings by trace id find nothing, or something
# else that was broken the same way.
#
# Expectation: OTLP/JSON is said to be protobuf's JSON mapping; the exceptions (ids in hexadecimal, enums as numbers)
# are four lines of the protocol's page. A field of wrong length would be refused.
# Versions: opentelemetry-proto 1.45.1, protobuf 7.36.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-proto==1.45.1 protobuf==7.36.2

cat > probe.py <<'PY'
from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

line = """{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",
"spanId":"b7ad6b7169203331","name":"charge","kind":2}]}]}]}"""
data = json_format.Parse(line, TracesData())
span = data.resource_spans[0].scope_spans[0].spans[0]
print("trace id:", len(span.trace_id), "bytes, begins", span.trace_id.hex()[:8])
print("span id:", len(span.span_id), "bytes")
print("kind written back:", json_format.MessageToDict(data)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["kind"])
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-proto 1.45.1 with protobuf 7.36.2 reads traceId 0af7651916cd43dd8448eb211c80319c"
echo "expected: 16 bytes beginning 0af76519, 8 bytes, kind 2; or an error"
echo "seen:"; echo "$seen"
[ "$seen" = "trace id: 24 bytes, begins d1a7fbeb
span id: 12 bytes
kind written back: SPAN_KIND_SERVER" ] || { echo "the behaviour changed"; exit 1; }
