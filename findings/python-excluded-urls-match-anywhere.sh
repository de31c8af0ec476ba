#!/bin/bash
# OTEL_PYTHON_EXCLUDED_URLS=health, meant for /health, leaves out every address with these letters anywhere in it:
# requests to /healthcare/patients make no server span, and nothing says so. Each entry is a regular expression that is
# searched for.
#
# Why it matters to who writes rules: what has no span breaks no rule. "Whoever reads a patient's file leaves an audit
# record" says nothing of requests that were left out.
#
# Expectation: a list of addresses, or of paths, names those alone.
# Versions: opentelemetry-instrumentation-fastapi 0.66b1, opentelemetry-instrumentation-flask 0.66b1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 flask==3.1.3 fastapi==0.165.0 \
  opentelemetry-instrumentation-flask==0.66b1 opentelemetry-instrumentation-fastapi==0.66b1 httpx==0.28.1

cat > probe.py <<'PY'
import fastapi
import flask
from fastapi.testclient import TestClient
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

PATHS = ["/health", "/healthcare/patients", "/orders"]


def probe(name, instrument, app, client):
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    instrument(app, tracer_provider=provider)
    for path in PATHS:
        spans.clear()
        code = client(app).get(path).status_code
        servers = [span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]
        print(name, path, code, len(servers))


with_fastapi = fastapi.FastAPI()
with_flask = flask.Flask("shop")
for path in PATHS:
    with_fastapi.add_api_route(path, lambda: {})
    with_flask.add_url_rule(path, path, lambda: "")
probe("fastapi", FastAPIInstrumentor.instrument_app, with_fastapi, TestClient)
probe("flask", FlaskInstrumentor().instrument_app, with_flask, lambda app: app.test_client())
PY
seen=$(OTEL_PYTHON_EXCLUDED_URLS=health v/bin/python -W ignore probe.py)

echo "instrumentation-fastapi and -flask 0.66b1 with OTEL_PYTHON_EXCLUDED_URLS=health: code and server spans of each request"
echo "expected: no server span for /health alone"
echo "seen:"; echo "$seen"
[ "$seen" = "fastapi /health 200 0
fastapi /healthcare/patients 200 0
fastapi /orders 200 1
flask /health 200 0
flask /healthcare/patients 200 0
flask /orders 200 1" ] || { echo "the behaviour changed"; exit 1; }
