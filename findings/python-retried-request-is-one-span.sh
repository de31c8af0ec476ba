#!/bin/bash
# A request that urllib3 tries again (`Retry`, which requests takes as `max_retries`) is one client span with the last answer's code,
# UNSET if that one was good. All attempts carry the same span's id, so that the server's spans of all of them lie below it.
#
# Why it matters to who writes rules: "a failed call is told of" and "no call is tried more than twice" see one good call, however
# often the server failed; a rule that pairs a call with its answer finds three answers.
#
# Expectation: the conventions ask for a client span for each attempt, numbered by `http.request.resend_count`, and the
# instrumentation of urllib3 stands where each attempt is sent: of a redirect that urllib3 follows it makes two spans.
# Versions: opentelemetry-instrumentation-urllib3 and -requests 0.66b1, urllib3 2.8.0, requests 2.34.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 urllib3==2.8.0 requests==2.34.2 \
  opentelemetry-instrumentation-urllib3==0.66b1 opentelemetry-instrumentation-requests==0.66b1

cat > probe.py <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
import urllib3
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
asked = []


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.headers.get("traceparent"))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/here")
        else:
            self.send_response(503 if self.path == "/busy" and len(asked) < 3 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
threading.Thread(target=server.serve_forever, daemon=True).start()
shop = f"http://127.0.0.1:{server.server_port}"
again = urllib3.Retry(5, status_forcelist=[503], backoff_factor=0)


def show(name):
    codes = [f"{span.status.status_code.name} {span.attributes['http.status_code']}" for span in spans.get_finished_spans()]
    print(f"{name}: asked {len(asked)} times with {len(set(asked))} contexts, spans {codes}")
    spans.clear()
    asked.clear()


URLLib3Instrumentor().instrument(tracer_provider=provider)
urllib3.PoolManager(retries=again).request("GET", f"{shop}/moved")
show("urllib3, moved once")
urllib3.PoolManager(retries=again).request("GET", f"{shop}/busy")
show("urllib3, busy twice")
URLLib3Instrumentor().uninstrument()
RequestsInstrumentor().instrument(tracer_provider=provider)
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(max_retries=again))
session.get(f"{shop}/busy")
show("requests, busy twice")
server.shutdown()
PY
seen=$(NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 v/bin/python probe.py)

echo "instrumentation-urllib3 and -requests 0.66b1: a redirect that is followed, and a request that gets 503 twice and then 200"
echo "expected: a span for each time that the server is asked"
echo "seen:"; echo "$seen"
[ "$seen" = "urllib3, moved once: asked 2 times with 2 contexts, spans ['UNSET 302', 'UNSET 200']
urllib3, busy twice: asked 3 times with 1 contexts, spans ['UNSET 200']
requests, busy twice: asked 3 times with 1 contexts, spans ['UNSET 200']" ] || { echo "the behaviour changed"; exit 1; }
