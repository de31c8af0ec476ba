#!/bin/bash
# Where LangSmith's SDK sends its runs by OpenTelemetry, a run lies below the request as it should. A span that the traced function
# makes with OpenTelemetry, as the instrumentation of its HTTP client does, lies in another trace: LangSmith makes an id of the run
# current which no span has, in a trace that has the id of the run and not of the request. That goes out to called services too.
#
# Why it matters to who writes rules: nothing that a tool does is ever below it or in its trace, so that "a tool that charges asks the
# fraud service" is violated always; the calls are traces without a root, whose parent never comes.
#
# Expectation: the current span within a traced function is that of its run.
# Versions: langsmith 0.15.1, opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-exporter-otlp-proto-http==1.45.1 langsmith==0.15.1

cat > probe.py <<'PY'
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LangSmith(BaseHTTPRequestHandler):
    """Answers whatever the SDK asks of its own service, and keeps nothing."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), LangSmith)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ.update(LANGSMITH_TRACING="true", LANGSMITH_OTEL_ENABLED="true", LANGSMITH_OTEL_ONLY="true", LANGSMITH_API_KEY="none",
                  LANGSMITH_ENDPOINT=f"http://127.0.0.1:{server.server_port}")

from langsmith import traceable
from langsmith.run_trees import get_cached_client
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
tracer = provider.get_tracer("shop")


def fraud():
    with tracer.start_as_current_span("fraud check"):
        pass


@traceable(run_type="tool")
def charge():
    fraud()


@traceable(run_type="tool")
def charge_in(of_request):
    token = context.attach(of_request)
    fraud()
    context.detach(token)


def show(what, count):
    get_cached_client().flush()
    for _ in range(200):
        if len(spans.get_finished_spans()) == count:
            break
        time.sleep(0.05)
    found = {span.context.span_id: span for span in spans.get_finished_spans()}
    traces = [span.context.trace_id for span in found.values() if span.name != "fraud check"]
    for span in sorted(found.values(), key=lambda span: span.start_time):
        above = span.parent and (found[span.parent.span_id].name if span.parent.span_id in found else "what never comes")
        beside = "in the same trace" if span.context.trace_id == traces[0] else "in another trace"
        print(f"{what}: {span.name}, below {above}, {beside}")
    spans.clear()


charge()
show("run alone", 2)
with tracer.start_as_current_span("request"):
    charge()
show("in a request", 3)
with tracer.start_as_current_span("request"):
    charge_in(context.get_current())
show("its context attached", 3)
PY
seen=$(v/bin/python probe.py)

echo "langsmith 0.15.1: a traced function that makes a span"
echo "expected: the span lies below that of the function"
echo "seen:"; echo "$seen"
[ "$seen" = "run alone: charge, below None, in the same trace
run alone: fraud check, below what never comes, in another trace
in a request: request, below None, in the same trace
in a request: charge, below request, in the same trace
in a request: fraud check, below what never comes, in another trace
its context attached: request, below None, in the same trace
its context attached: charge_in, below request, in the same trace
its context attached: fraud check, below request, in the same trace" ] || { echo "the behaviour changed"; exit 1; }
