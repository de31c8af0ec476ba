#!/bin/bash
# The clients of Azure's SDK for Python trace themselves, with OpenTelemetry's API (`tracing_enabled`) and with the older plugin. Each
# attempt of a call is a CLIENT span, which is UNSET whatever was answered, 503 and 404 too, though it has an `error.type`. The span of
# the method around them is INTERNAL, an ERROR without an exception event where the method raises.
#
# Why it matters to who writes rules: `status == error` on CLIENT spans, the way to find a store that refuses, finds nothing of Azure's;
# `exists(error.type)` holds for a question whether a blob is there that was answered with no.
#
# Expectation: the conventions: ERROR for a client's 4xx and 5xx, and an exception event where one left the method.
# Versions: azure-storage-blob 12.31.1, azure-core 1.41.0, azure-core-tracing-opentelemetry 1.0.0b13.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 azure-core==1.41.0 \
  azure-core-tracing-opentelemetry==1.0.0b13 azure-storage-blob==12.31.1

cat > probe.py <<'PY'
import base64
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.core.settings import settings
from azure.core.tracing.ext.opentelemetry_span import OpenTelemetrySpan
from azure.storage.blob import BlobClient, ExponentialRetry
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
if sys.argv[1] == "plugin":
    settings.tracing_implementation = OpenTelemetrySpan
else:
    settings.tracing_enabled = True


class Store(BaseHTTPRequestHandler):
    """Has no blob, and is too busy at the first request for one that is called busy."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def answer(self):
        code = 404
        if self.path.endswith("/busy"):
            Store.asked += 1
            code = 503 if Store.asked == 1 else 200
        self.send_response(code)
        self.send_header("content-length", "0")
        if code == 404:
            self.send_header("x-ms-error-code", "BlobNotFound")
        self.end_headers()

    do_HEAD = do_DELETE = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=server.serve_forever, daemon=True).start()


def blob(name):
    again = ExponentialRetry(initial_backoff=0, increment_base=0, retry_total=1, random_jitter_range=0)
    url = f"http://127.0.0.1:{server.server_port}/account"
    return BlobClient(url, "orders", name, credential=base64.b64encode(b"key").decode(), retry_policy=again)


CALLS = {
    "asked whether it is there": lambda: blob("7").exists(),
    "asked for its properties": lambda: blob("busy").get_blob_properties() and "given",
    "to be deleted": lambda: blob("7").delete_blob(),
}
for name, call in CALLS.items():
    try:
        outcome = call()
    except Exception as error:
        outcome = type(error).__name__
    told = []
    for span in spans.get_finished_spans():
        values = [str(span.attributes[key]) for key in ("http.response.status_code", "error.type") if key in span.attributes]
        events = f" {len(span.events)} events" if span.status.status_code.name == "ERROR" else ""
        told.append(" ".join([span.name, span.kind.name, span.status.status_code.name, *values]) + events)
    print(f"{name}, {outcome}: {', '.join(told)}")
    spans.clear()
PY
seen=$(v/bin/python probe.py api)
plugin=$(v/bin/python probe.py plugin)

echo "azure-storage-blob 12.31.1, azure-core 1.41.0: a blob that is not there, and a store that is busy at first"
echo "expected: ERROR for 404 and 503"
echo "seen:"; echo "$seen"
[ "$plugin" = "$seen" ] || { echo "with the plugin:"; echo "$plugin"; echo "the behaviour changed"; exit 1; }
[ "$seen" = "asked whether it is there, False: HEAD CLIENT UNSET 404 404, BlobClient.exists INTERNAL UNSET
asked for its properties, given: HEAD CLIENT UNSET 503 503, HEAD CLIENT UNSET 200, BlobClient.get_blob_properties INTERNAL UNSET
to be deleted, ResourceNotFoundError: DELETE CLIENT UNSET 404 404, BlobClient.delete_blob INTERNAL ERROR azure.core.exceptions.ResourceNotFoundError 0 events" ] || { echo "the behaviour changed"; exit 1; }
