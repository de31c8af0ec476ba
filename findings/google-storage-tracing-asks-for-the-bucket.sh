#!/bin/bash
# Google's client of Cloud Storage for Python asks, in a thread of its own, for the bucket of the first object that a program calls for, to
# name it on later spans: with its tracing on, three CLIENT spans, one within the other, in a trace of their own. An account that may read
# objects but not buckets, as the usual role for reading has it, is refused: each of the three is an ERROR with two exception events. A
# question whether an object is there, answered with no, has a span with ERROR below one that is UNSET; no span has a code.
#
# Why it matters to who writes rules: "no call to the store is refused" is violated once in each process by a call that the program
# never made, "a call to the store lies within a request" as well, and counts of calls are two or three times what was sent.
#
# Expectation: tracing sends nothing of its own to the store; one CLIENT span for one request.
# Versions: google-cloud-storage 3.17.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 google-cloud-storage==3.17.1

cat > probe.py <<'PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
asked = []


class Store(BaseHTTPRequestHandler):
    """Has one object, and tells nobody about its buckets."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0].removeprefix("/storage/v1/b/")
        code = {"orders": 403, "orders/o/7": 200}.get(path, 404)
        asked.append(f"{path} {code}")
        body = json.dumps({"name": "7"} if code == 200 else {"error": {"code": code, "message": "no"}}).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=server.serve_forever, daemon=True).start()
where = {"api_endpoint": f"http://127.0.0.1:{server.server_port}"}
client = storage.Client(project="shop", credentials=AnonymousCredentials(), client_options=where)
before = set(threading.enumerate())
with provider.get_tracer("shop").start_as_current_span("request") as request:
    print(f"{sys.argv[1]} is there: {client.bucket('orders').blob(sys.argv[1]).exists()}")
for thread in set(threading.enumerate()) - before:
    if "_fetch_background" in thread.name:
        thread.join(30)
print(f"asked: {', '.join(sorted(asked))}")
found = sorted(spans.get_finished_spans(), key=lambda span: span.start_time)
by_id = {span.context.span_id: span for span in found}
for part, inside in (("of the request", True), ("elsewhere", False)):
    for span in found:
        if span is not found[0] and (span.context.trace_id == request.get_span_context().trace_id) == inside and span.kind.name == "CLIENT":
            below = f" below {by_id[span.parent.span_id].name}" if span.parent else ""
            code = span.attributes.get("http.response.status_code")
            print(f"{part}: {span.name}{below} {span.status.status_code.name}, {len(span.events)} events, code {code}")
PY
export ENABLE_GCS_PYTHON_CLIENT_OTEL_TRACES=true
seen=$(timeout 60 v/bin/python probe.py 7)
# A way out of the first half.
without=$(DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA=true timeout 60 v/bin/python probe.py 8)

echo "google-cloud-storage 3.17.1: a request that asks whether an object is there"
echo "expected: one request to the store and one CLIENT span, below the request, with its code"
echo "seen of one that is there:"; echo "$seen"
echo "seen of one that is not, without metadata of buckets:"; echo "$without"
[ "$seen" = "7 is there: True
asked: orders 403, orders/o/7 200
of the request: Storage.Blob.exists below request UNSET, 0 events, code None
of the request: Storage.Connection.api_request below Storage.Blob.exists UNSET, 0 events, code None
elsewhere: Storage.Client.getBucket ERROR, 2 events, code None
elsewhere: Storage.Bucket.reload below Storage.Client.getBucket ERROR, 2 events, code None
elsewhere: Storage.Connection.api_request below Storage.Bucket.reload ERROR, 2 events, code None" ] || { echo "the behaviour changed"; exit 1; }
[ "$without" = "8 is there: False
asked: orders/o/8 404
of the request: Storage.Blob.exists below request UNSET, 0 events, code None
of the request: Storage.Connection.api_request below Storage.Blob.exists ERROR, 2 events, code None" ] || { echo "the behaviour changed"; exit 1; }
