#!/bin/bash
# The instrumentation of Cassandra's driver for Python wraps the sending of a query, also where the program waits for its answer by
# `session.execute`: the span is over before the database answers, after less than a millisecond where the query takes a second. One that
# the database refuses, which raises in the program, is UNSET without an event, and `net.peer.name` is a list.
#
# Why it matters to who writes rules: "a failed write is told of" has no ERROR to ask about, "no query takes longer than" is never
# violated, and what is compared with a host's name as text is never equal.
#
# Expectation: the span of a call that blocks its caller ends with it, and takes the error along.
# Versions: opentelemetry-instrumentation-cassandra 0.66b1, cassandra-driver 3.30.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 cassandra-driver==3.30.1 \
  opentelemetry-instrumentation-cassandra==0.66b1

cat > probe.py <<'PY'
import socketserver
import struct
import threading
import time

from cassandra import InvalidRequest
from cassandra.cluster import Cluster
from opentelemetry.instrumentation.cassandra import CassandraInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

ERROR, READY, OPTIONS, SUPPORTED, STARTUP, RESULT, REGISTER = 0, 2, 5, 6, 1, 8, 11
VOID, ROWS, INVALID = 1, 2, 0x2200


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


def rows(columns, number):
    """As many equal rows of columns, each a type and its bytes."""
    head = struct.pack(">iii", ROWS, 1, len(columns)) + text("system") + text("local")
    names = b"".join(text(name) + struct.pack(">H", kind) for name, (kind, _) in columns.items())
    cells = b"".join(struct.pack(">i", len(value)) + value for _, value in columns.values())
    return head + names + struct.pack(">i", number) + cells * number


TEXT, UUID, INET = 13, 12, 16
SELF = {"key": (TEXT, b"local"), "cluster_name": (TEXT, b"c"), "data_center": (TEXT, b"d"), "rack": (TEXT, b"r"),
        "release_version": (TEXT, b"3.11.0"), "partitioner": (TEXT, b"Murmur3Partitioner"),
        "rpc_address": (INET, bytes([127, 0, 0, 1])), "host_id": (UUID, bytes(16)), "schema_version": (UUID, bytes(16))}


class Database(socketserver.StreamRequestHandler):
    """A Cassandra of one node that takes a second for orders, and knows no column "wrong"."""

    def handle(self):
        while len(head := self.rfile.read(9)) == 9:
            _, _, number, asked, length = struct.unpack(">BBhBi", head)
            body = self.rfile.read(length)
            if asked == OPTIONS:
                kind, answer = SUPPORTED, struct.pack(">H", 2) + text("COMPRESSION") + struct.pack(">H", 0)
                answer += text("CQL_VERSION") + struct.pack(">H", 1) + text("3.4.4")
            elif asked in (STARTUP, REGISTER):
                kind, answer = READY, b""
            elif b"orders" in body:
                time.sleep(1)
                answered.append(time.time_ns())
                wrong = b"wrong" in body
                refusal = struct.pack(">i", INVALID) + text("no such column")
                kind, answer = (ERROR, refusal) if wrong else (RESULT, struct.pack(">i", VOID))
            else:
                kind, answer = RESULT, rows(SELF, number=1 if b"system.local" in body else 0)
            self.wfile.write(struct.pack(">BBhBi", 0x84, 0, number, kind, len(answer)) + answer)


answered = []
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Database)
threading.Thread(target=server.serve_forever, daemon=True).start()
session = Cluster(["127.0.0.1"], port=server.server_address[1], protocol_version=4).connect()
CassandraInstrumentor().instrument(tracer_provider=provider)
for query in ("SELECT paid FROM orders", "SELECT wrong FROM orders"):
    try:
        session.execute(query)
        told = "answered"
    except InvalidRequest as error:
        told = "raised " + type(error).__name__
    for span in spans.get_finished_spans():
        order = "over before the answer" if span.end_time < answered.pop() else "over after the answer"
        print(f"{query}: {told}, {span.name} {span.status.status_code.name}, {len(span.events)} events, {order}, "
              f"net.peer.name {span.attributes['net.peer.name']}")
    spans.clear()
session.cluster.shutdown()
server.shutdown()
PY
seen=$(timeout 60 v/bin/python probe.py 2>/dev/null)

echo "instrumentation-cassandra 0.66b1, cassandra-driver 3.30.1: a query that is answered late, one that is refused"
echo "expected: spans as long as the calls, ERROR of the second, the peer as text"
echo "seen:"; echo "$seen"
[ "$seen" = "SELECT paid FROM orders: answered, Cassandra UNSET, 0 events, over before the answer, net.peer.name ('127.0.0.1',)
SELECT wrong FROM orders: raised InvalidRequest, Cassandra UNSET, 0 events, over before the answer, net.peer.name ('127.0.0.1',)" ] || { echo "the behaviour changed"; exit 1; }
