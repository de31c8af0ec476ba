#!/bin/bash
# Elasticsearch's client for Python traces itself. Its spans are INTERNAL, and called "get" or "bulk" alone. A bulk of which the
# database took nothing is UNSET and has no event, also where the helper counts what failed; a call that was tried three times is one
# span with the last code. What reads from `streaming_bulk` lies below the helper's span.
#
# Why it matters to who writes rules: "no client call in this step" and counts by `span:kind == client` do not see the database; and
# "what is said to be stored is stored" holds by the status where nothing was.
#
# Expectation: CLIENT, as the conventions want it of a database's client; a mark of what was refused.
# Versions: elasticsearch 9.5.1, elastic-transport 9.4.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 elasticsearch==9.5.1 \
  elastic-transport==9.4.2

cat > probe.py <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from elasticsearch import Elasticsearch, helpers
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
asked = []


class Database(BaseHTTPRequestHandler):
    """Refuses whatever is to be stored; has one order, which it is twice too busy to give."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        lines = self.rfile.read(int(self.headers.get("content-length") or 0)).splitlines()
        asked.append(self.path)
        code, body = 200, {"_id": "7", "found": True}
        if self.path == "/_bulk":
            refused = {"index": {"_id": "7", "status": 429, "error": {"type": "es_rejected_execution_exception"}}}
            body = {"errors": True, "items": [refused] * (len(lines) // 2)}
        elif len(asked) < 3:
            code, body = 503, {"status": 503}
        body = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
threading.Thread(target=server.serve_forever, daemon=True).start()
database = Elasticsearch(f"http://127.0.0.1:{server.server_port}", retry_on_status=503, max_retries=3)
two = [{"_index": "orders", "_id": "7"}, {"_index": "orders", "_id": "8"}]


def get():
    database.get(index="orders", id="7")
    return f"asked {len(asked)} times"


def bulk():
    answer = database.bulk(operations=[{"index": {"_index": "orders"}}, {"total": 1}])
    return f"errors {answer['errors']}"


def by_helper():
    taken, refused = helpers.bulk(database, two, raise_on_error=False, stats_only=True)
    return f"{taken} taken and {refused} refused"


def streamed():
    for taken, _ in helpers.streaming_bulk(database, two[:1], raise_on_error=False):
        with trace.get_tracer("shop").start_as_current_span("tell the customer"):
            pass
    return f"taken {taken}"


for call in (get, bulk, by_helper, streamed):
    outcome = call()
    by_id = {span.context.span_id: span.name for span in spans.get_finished_spans()}
    told = [
        f"{span.name} {span.kind.name} {span.status.status_code.name}" + (f" below {by_id[span.parent.span_id]}" if span.parent else "")
        for span in spans.get_finished_spans()
    ]
    print(f"{call.__name__}, {outcome}: {', '.join(told)}")
    spans.clear()
database.close()
PY
seen=$(v/bin/python probe.py)

echo "elasticsearch 9.5.1 (Python): a call that is tried again, and bulks of which all is refused"
echo "expected: CLIENT; a mark of what was refused"
echo "seen:"; echo "$seen"
[ "$seen" = "get, asked 3 times: get INTERNAL UNSET
bulk, errors True: bulk INTERNAL UNSET
by_helper, 0 taken and 2 refused: bulk INTERNAL UNSET below helpers.bulk, helpers.bulk INTERNAL UNSET
streamed, taken False: bulk INTERNAL UNSET below helpers.streaming_bulk, tell the customer INTERNAL UNSET below helpers.streaming_bulk, helpers.streaming_bulk INTERNAL UNSET" ] || { echo "the behaviour changed"; exit 1; }
