#!/bin/bash
# A redirect that `requests` follows to another host is one client span: it has the first URL and the last answer's
# status code. The host that really answered is in no attribute. httpx makes one span for each hop.
#
# Why it matters to who writes rules: a rule on egress ("calls go to these hosts only") reads a host that only sent a
# redirect, and a rule on status codes blames the first host for what the second one answered.
#
# Expectation: the HTTP conventions say that a redirect followed by the client is to be recorded as a span of its own
# for each request sent, http.request.resend_count telling them apart, with url.full being the URL of that request.
# Versions: opentelemetry-instrumentation-requests and -httpx 0.66b1, requests 2.34.2, httpx 0.28.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 requests==2.34.2 httpx==0.28.1 \
  opentelemetry-instrumentation-requests==0.66b1 opentelemetry-instrumentation-httpx==0.66b1

cat > probe.py <<'PY'
import http.server, threading
from urllib.parse import urlsplit
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        moved = self.path == "/moved"
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", f"http://localhost:{second.server_port}/landed")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


first = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
second = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
for server in (first, second):
    threading.Thread(target=server.serve_forever, daemon=True).start()

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
RequestsInstrumentor().instrument()
HTTPXClientInstrumentor().instrument()
import httpx, requests

url = f"http://127.0.0.1:{first.server_port}/moved"
for name, act in {"requests": lambda: requests.get(url), "httpx": lambda: httpx.get(url, follow_redirects=True)}.items():
    landed = urlsplit(str(act().url)).hostname
    hops = [f"{urlsplit(s.attributes['http.url']).hostname} {s.attributes['http.status_code']}" for s in spans.get_finished_spans()]
    print(f"{name}: landed on {landed}; spans: {', '.join(hops)}")
    spans.clear()
PY
seen=$(v/bin/python probe.py)

echo "requests 2.34.2 and httpx 0.28.1 with instrumentation 0.66b1: 127.0.0.1 redirects to localhost"
echo "expected: both make two spans, '127.0.0.1 302' and 'localhost 200'"
echo "seen:"; echo "$seen"
[ "$seen" = "requests: landed on localhost; spans: 127.0.0.1 200
httpx: landed on localhost; spans: 127.0.0.1 302, localhost 200" ] || { echo "the behaviour changed"; exit 1; }
