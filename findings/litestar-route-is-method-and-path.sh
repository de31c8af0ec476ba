#!/bin/bash
# Litestar's plugin for OpenTelemetry sets `http.route` to the method and the path that was asked: "GET /orders/7" for a handler of
# /orders/{id:str}. It is so for each of its requests, and for a path that no route takes.
#
# Why it matters to who writes rules: `http.route == "/orders/{id}"` never holds, rules grouped by route have a group for each order, and
# `exists(http.route)` does not leave out a scan of paths that do not exist.
#
# Expectation: the route as it was declared, as `http.route` is defined, and none where no route was found.
# Versions: litestar 2.25.0, opentelemetry-instrumentation-asgi 0.66b1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-asgi==0.66b1 litestar==2.25.0 httpx==0.28.1

cat > probe.py <<'PY'
from litestar import Litestar, get
from litestar.plugins.opentelemetry import OpenTelemetryConfig, OpenTelemetryPlugin
from litestar.testing import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))


@get("/orders/{id:str}")
async def order(id: str) -> str:
    return id


app = Litestar([order], plugins=[OpenTelemetryPlugin(OpenTelemetryConfig(tracer_provider=provider))])
with TestClient(app) as client:
    spans.clear()
    for path in ("/orders/7", "/orders/8?refund=1", "/passwords"):
        answer = client.get(path)
        (span,) = [span for span in spans.get_finished_spans() if span.kind.name == "SERVER"]
        print(f"{path} {answer.status_code}: span {span.name!r}, http.route {span.attributes.get('http.route')!r}")
        spans.clear()
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "litestar 2.25.0, instrumentation-asgi 0.66b1: two requests of one route, and one of none"
echo "expected: http.route \"/orders/{id}\" twice, and none"
echo "seen:"; echo "$seen"
[ "$seen" = "/orders/7 200: span 'GET /orders/7', http.route 'GET /orders/7'
/orders/8?refund=1 200: span 'GET /orders/8', http.route 'GET /orders/8'
/passwords 404: span 'GET /passwords', http.route 'GET /passwords'" ] || { echo "the behaviour changed"; exit 1; }
