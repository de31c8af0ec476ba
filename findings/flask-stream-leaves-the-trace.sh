#!/bin/bash
# A Flask handler that streams its answer: every span that the generator opens is the root of a trace of its own, with and
# without Flask's stream_with_context, and where the generator raises halfway the server span stays UNSET with code 200.
#
# Why it matters to who writes rules: what an export reads and writes while it streams is not below its request, so that
# "every query belongs to a request" breaks for each row, and "an export leaves an audit record" never meets both in one
# trace. An export that broke off is no error anywhere.
#
# Expectation: stream_with_context keeps the request's context for the generator, as its name and Flask's pages say; the
# server span lasts until the answer is sent, as that of Starlette and of Node does.
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
tracer = trace.get_tracer("shop")
app = flask.Flask("shop")
FlaskInstrumentor().instrument_app(app)


def rows():
    for _ in range(2):
        with tracer.start_as_current_span("read row"):
            pass
        yield "row"
    raise OSError("the disk is gone")


app.add_url_rule("/plain", "plain", lambda: flask.Response(rows()))
app.add_url_rule("/context", "context", lambda: flask.Response(flask.stream_with_context(rows())))
for path in ["/plain", "/context"]:
    spans.clear()
    try:
        app.test_client().get(path).get_data()
    except OSError as fault:
        print(path, "the stream broke off:", fault)
    all_spans = spans.get_finished_spans()
    server = next(span for span in all_spans if span.kind is trace.SpanKind.SERVER)
    for span in all_spans:
        is_below = span.parent is not None and span.context.trace_id == server.context.trace_id
        code = span.attributes.get("http.status_code", "-")
        where = "server" if span is server else "below it" if is_below else "a trace of its own"
        print(" ", span.name, where, code, span.status.status_code.name)
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-flask 0.66b1: two answers that are streamed, with a span for each of two rows, and break off then"
echo "expected: the spans of rows below the server span, at least behind stream_with_context; the server span an ERROR"
echo "seen:"; echo "$seen"
[ "$seen" = "/plain the stream broke off: the disk is gone
  GET /plain server 200 UNSET
  read row a trace of its own - UNSET
  read row a trace of its own - UNSET
/context the stream broke off: the disk is gone
  GET /context server 200 UNSET
  read row a trace of its own - UNSET
  read row a trace of its own - UNSET" ] || { echo "the behaviour changed"; exit 1; }
