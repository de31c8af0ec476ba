#!/bin/bash
# The sqlite3 instrumentation traces cursor.execute() and nothing else: the shortcuts connection.execute() and
# connection.executemany(), which the standard library's documentation uses in its first examples, run without a span.
#
# Why it matters to who writes rules: "no statement without a transaction", "at most N statements a request" and every
# rule on db.* are silent about the larger half of a program's statements, and nothing in the trace says so.
#
# Expectation: the package's own page says it traces SQLite requests once instrument() was called, and a connection's
# execute() is described by Python as making a cursor and calling its execute().
# Versions: opentelemetry-instrumentation-sqlite3 0.66b1, opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check \
  opentelemetry-sdk==1.45.1 opentelemetry-instrumentation-sqlite3==0.66b1 opentelemetry-instrumentation-dbapi==0.66b1

cat > probe.py <<'PY'
import sqlite3
from opentelemetry import trace
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
SQLite3Instrumentor().instrument()

db = sqlite3.connect(":memory:")
acts = {
    "connection.execute": lambda: db.execute("CREATE TABLE orders(id)"),
    "connection.executemany": lambda: db.executemany("INSERT INTO orders VALUES (?)", [(1,), (2,)]),
    "cursor.execute": lambda: db.cursor().execute("SELECT id FROM orders"),
}
for name, act in acts.items():
    act()
    print(f"{name}={len(spans.get_finished_spans())}")
    spans.clear()
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-instrumentation-sqlite3 0.66b1, spans for each way to run a statement"
echo "expected: one span for each of the three"
echo "seen:"; echo "$seen"
[ "$seen" = "connection.execute=0
connection.executemany=0
cursor.execute=1" ] || { echo "the behaviour changed"; exit 1; }
