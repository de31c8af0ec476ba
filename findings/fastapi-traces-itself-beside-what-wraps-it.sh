#!/bin/bash
# FastAPI makes spans by itself as soon as the program has a tracer provider. It leaves that to the instrumentation where this has
# prepared the very application; it does not see one that stands around it: the ASGI middleware, or an instrumented application into
# which it is mounted. Then a request has two SERVER spans, brothers below the caller's, in traces of their own without a caller. The
# outer one has no route, or the mount's alone; the inner one has all that the handler does.
#
# Why it matters to who writes rules: counts of requests are doubled, "below each request is a check" is violated by the outer span, and
# the two write the code under two names. A program that worked for years begins to do so when FastAPI is upgraded.
#
# Expectation: the inner span is a child of the outer one and INTERNAL, as the instrumentations have it with each other, or is not made.
# Versions: fastapi 0.165.0, opentelemetry-instrumentation-fastapi and -asgi 0.66b1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-fastapi==0.66b1 fastapi==0.165.0 httpx

cat > probe.py <<'PY'
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
WITHOUT = ["send", "receive"]


def shop(**telemetry):
    app = FastAPI(telemetry=telemetry)

    @app.get("/orders/{number}")
    def order(number: int):
        with provider.get_tracer("shop").start_as_current_span("check"):
            return number

    return app


def instrumented(app):
    FastAPIInstrumentor.instrument_app(app, exclude_spans=WITHOUT)
    return app


def around(inner):
    outer = instrumented(FastAPI())
    outer.mount("/shop", inner)
    return outer


def ask(what, app, path="/orders/7"):
    TestClient(app).get(path)
    found = spans.get_finished_spans()
    servers = [span for span in found if span.kind == trace.SpanKind.SERVER]
    for span in sorted(servers, key=lambda span: span.start_time):
        root = "without a parent" if span.parent is None else "below another"
        trace_ = [other.name for other in found if other.context.trace_id == span.context.trace_id]
        code = [name for name in span.attributes if name.endswith("status_code")]
        print(f"{what}: {span.name} {root}, {code}, {'with' if 'check' in trace_ else 'without'} the check in its trace")
    spans.clear()


ask("by itself", shop())
ask("instrumented", instrumented(shop()))
ask("in the middleware", OpenTelemetryMiddleware(shop(), exclude_spans=WITHOUT))
ask("mounted", around(shop()), "/shop/orders/7")
ask("in the middleware, mended", OpenTelemetryMiddleware(shop(tracing=False), exclude_spans=WITHOUT))
ask("mounted, mended", around(shop(tracing=False)), "/shop/orders/7")
PY
seen=$(v/bin/python -W ignore probe.py)

echo "fastapi 0.165.0, instrumentation-fastapi and -asgi 0.66b1: SERVER spans of one request"
echo "expected: one each"
echo "seen:"; echo "$seen"
[ "$seen" = "by itself: GET /orders/{number} without a parent, ['http.response.status_code'], with the check in its trace
instrumented: GET /orders/{number} without a parent, ['http.status_code'], with the check in its trace
in the middleware: GET /orders/7 without a parent, ['http.status_code'], without the check in its trace
in the middleware: GET /orders/{number} without a parent, ['http.response.status_code'], with the check in its trace
mounted: GET /shop without a parent, ['http.status_code'], without the check in its trace
mounted: GET /orders/{number} without a parent, ['http.response.status_code'], with the check in its trace
in the middleware, mended: GET /orders/7 without a parent, ['http.status_code'], with the check in its trace
mounted, mended: GET /shop without a parent, ['http.status_code'], with the check in its trace" ] || { echo "the behaviour changed"; exit 1; }
