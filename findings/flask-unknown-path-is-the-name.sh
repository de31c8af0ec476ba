#!/bin/bash
# Flask's instrumentation names the span of a request that no route takes by its path: two scans of paths that are not
# there are two span names, and any text that somebody asks for is one.
#
# Why it matters to who writes rules: a rule or a metric by span name grows with every scan; "the route is the part of
# the name behind the method" finds routes that there are not.
#
# Expectation: the conventions' name for a server span without a route is the method alone, as Node's, Go's and FastAPI's.
# Versions: opentelemetry-instrumentation-flask 0.66b1, Flask 3.1.3.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 flask==3.1.3 \
  opentelemetry-instrumentation-flask==0.66b1

cat > probe.py <<'PY'
import flask
from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
app = flask.Flask("shop")
FlaskInstrumentor().instrument_app(app)
app.add_url_rule("/orders/<int:order>", "order", lambda order: "")
client = app.test_client()
for path in ["/orders/7", "/orders/8", "/wp-login.php", "/.git/config"]:
    client.get(path)
for span in spans.get_finished_spans():
    print(span.attributes["http.status_code"], span.name, "route", span.attributes.get("http.route"))
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-flask 0.66b1: names of two requests to a route and of two to none"
echo "expected: GET for the last two"
echo "seen:"; echo "$seen"
[ "$seen" = "200 GET /orders/<int:order> route /orders/<int:order>
200 GET /orders/<int:order> route /orders/<int:order>
404 GET /wp-login.php route None
404 GET /.git/config route None" ] || { echo "the behaviour changed"; exit 1; }
