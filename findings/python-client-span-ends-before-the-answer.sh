#!/bin/bash
# Python's instrumentations of httpx and aiohttp end a client's span when the head of the answer is there, also where the program asks
# for all of it by one plain call: a second that the body takes is in no span. An answer that breaks off raises in the program;
# its span, over by then, is UNSET without an event. With requests the same call lasts as long as the answer, and is an ERROR.
#
# Why it matters to who writes rules: "no call takes longer than a second" holds for downloads, exports and streams of a model that take
# a minute; "no call fails" for those that broke off; and two services of one house are measured by two measures.
#
# Expectation: a plain call that gives the whole answer back is in its span as a whole.
# Versions: opentelemetry-instrumentation-httpx, -aiohttp-client, -requests 0.66b1, httpx 0.28.1, aiohttp 3.14.5, requests 2.34.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 opentelemetry-instrumentation-httpx==0.66b1 \
  opentelemetry-instrumentation-aiohttp-client==0.66b1 opentelemetry-instrumentation-requests==0.66b1 \
  httpx==0.28.1 aiohttp==3.14.5 requests==2.34.2

cat > probe.py <<'PY'
import asyncio
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
for instrumentor in (HTTPXClientInstrumentor, AioHttpClientInstrumentor, RequestsInstrumentor):
    instrumentor().instrument(tracer_provider=provider)


class Report(BaseHTTPRequestHandler):
    """Sends the head at once, and the body two seconds later: the whole, or a half of it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "20")
        self.end_headers()
        self.wfile.flush()
        time.sleep(2)
        self.wfile.write(b"x" * (20 if self.path == "/whole" else 10))

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Report)
threading.Thread(target=server.serve_forever, daemon=True).start()


async def with_httpx(url):
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).content


async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.read()


CLIENTS = {
    "requests": lambda url: requests.get(url).content,
    "httpx": lambda url: httpx.get(url).content,
    "httpx, async": lambda url: asyncio.run(with_httpx(url)),
    "aiohttp": lambda url: asyncio.run(with_aiohttp(url)),
}
for path in ("/whole", "/half"):
    for name, get in CLIENTS.items():
        outcome = "read"
        try:
            # A way out: a span of one's own around the call.
            with provider.get_tracer("shop").start_as_current_span("around"):
                get(f"http://127.0.0.1:{server.server_port}{path}")
        except Exception:
            outcome = "raises"
        told = [
            f"{span.name} {span.status.status_code.name} {'as long as the answer' if span.end_time - span.start_time > 1.5e9 else 'shorter'}"
            for span in spans.get_finished_spans()
        ]
        print(f"{path[1:]}, {name} {outcome}: {', '.join(told)}")
        spans.clear()
server.shutdown()
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-httpx, -aiohttp-client, -requests 0.66b1: an answer whose body takes two seconds, and one that breaks off"
echo "expected: as long as the answer, and ERROR for those that break off"
echo "seen:"; echo "$seen"
[ "$seen" = "whole, requests read: GET UNSET as long as the answer, around UNSET as long as the answer
whole, httpx read: GET UNSET shorter, around UNSET as long as the answer
whole, httpx, async read: GET UNSET shorter, around UNSET as long as the answer
whole, aiohttp read: GET UNSET shorter, around UNSET as long as the answer
half, requests raises: GET ERROR as long as the answer, around ERROR as long as the answer
half, httpx raises: GET UNSET shorter, around ERROR as long as the answer
half, httpx, async raises: GET UNSET shorter, around ERROR as long as the answer
half, aiohttp raises: GET UNSET shorter, around ERROR as long as the answer" ] || { echo "the behaviour changed"; exit 1; }
