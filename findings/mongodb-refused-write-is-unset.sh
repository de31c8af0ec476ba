#!/bin/bash
# A write that MongoDB refuses for itself, as one whose key is there already, comes back in an answer that is "ok": the command was
# understood. PyMongo raises DuplicateKeyError (or BulkWriteError) in the program, and tells who listens to commands that the command
# succeeded. Its instrumentation listens to commands: the span is UNSET without an event. A command that is refused whole is an ERROR.
#
# Why it matters to who writes rules: "a failed write is told of" has no ERROR to ask about: not the order that exists twice, not the
# document that the schema forbids, not the write that waited in vain for a majority. A program that goes on is in no trace.
#
# Expectation: the span of a call that raised is an ERROR.
# Versions: opentelemetry-instrumentation-pymongo 0.66b1, pymongo 4.20.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 pymongo==4.20.1 \
  opentelemetry-instrumentation-pymongo==0.66b1

cat > probe.py <<'PY'
import socketserver
import struct
import threading

import bson
from opentelemetry.instrumentation.pymongo import PymongoInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pymongo import MongoClient
from pymongo.errors import PyMongoError

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
PymongoInstrumentor().instrument(tracer_provider=provider)
OLD_QUERY, OLD_REPLY, MESSAGE = 2004, 1, 2013
SERVER = {"ok": 1.0, "ismaster": True, "isWritablePrimary": True, "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000,
          "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 21}
ANSWERS = {
    "taken": {"ok": 1.0, "n": 1},
    "there already": {"ok": 1.0, "n": 0, "writeErrors": [{"index": 0, "code": 11000, "errmsg": "E11000 duplicate key"}]},
    "not by a majority": {"ok": 1.0, "n": 1, "writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},
    "not allowed": {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized"},
}


class Database(socketserver.StreamRequestHandler):
    """A MongoDB that answers an insert by the collection it goes to."""

    def handle(self):
        while len(head := self.rfile.read(16)) == 16:
            length, number, _, kind = struct.unpack("<iiii", head)
            asked = self.rfile.read(length - 16)
            told = [answer for name, answer in ANSWERS.items() if name.encode() in asked]
            body = bson.encode(told[0] if told else SERVER)
            body = (struct.pack("<iqii", 8, 0, 0, 1) if kind == OLD_QUERY else struct.pack("<ib", 0, 0)) + body
            kind = OLD_REPLY if kind == OLD_QUERY else MESSAGE
            self.wfile.write(struct.pack("<iiii", 16 + len(body), 0, number, kind) + body)


socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Database)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = MongoClient("127.0.0.1", server.server_address[1], retryWrites=False)
for name in ANSWERS:
    try:
        client.shop[name].insert_one({"_id": 7})
        told = "nothing"
    except PyMongoError as error:
        told = type(error).__name__
    for span in spans.get_finished_spans():
        print(f"{name}: raised {told}, {span.name} {span.status.status_code.name}")
    spans.clear()
client.close()
server.shutdown()
PY
seen=$(timeout 60 v/bin/python probe.py)

echo "instrumentation-pymongo 0.66b1, pymongo 4.20.1: four inserts"
echo "expected: ERROR where the program is raised at"
echo "seen:"; echo "$seen"
[ "$seen" = "taken: raised nothing, shop.insert UNSET
there already: raised DuplicateKeyError, shop.insert UNSET
not by a majority: raised WriteConcernError, shop.insert UNSET
not allowed: raised OperationFailure, shop.insert ERROR" ] || { echo "the behaviour changed"; exit 1; }
