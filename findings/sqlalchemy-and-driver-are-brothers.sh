#!/bin/bash
# SQLAlchemy's instrumentation makes a span of each query that is not the current one while the query runs. The span that
# the driver's instrumentation makes of the same query is therefore its brother, and without a span around both it is a
# trace of its own. opentelemetry-instrument turns both on.
#
# Why it matters to who writes rules: each query counts twice (n plus one, budgets of calls), and "the outermost of a
# call's spans" meets both.
#
# Expectation: the driver's span is a child of the mapper's, as Java's and Node's mappers have it.
# Versions: instrumentation-sqlalchemy 0.66b1, instrumentation-sqlite3 0.66b1, SQLAlchemy 2.0.58.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 sqlalchemy==2.0.58 \
  opentelemetry-instrumentation-sqlalchemy==0.66b1 opentelemetry-instrumentation-sqlite3==0.66b1

cat > probe.py <<'PY'
from opentelemetry import trace
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
SQLite3Instrumentor().instrument()
import sqlalchemy

engine = sqlalchemy.create_engine("sqlite://")
SQLAlchemyInstrumentor().instrument(engine=engine)


def ask():
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 42")).all()


ask()
for name in ["request", None]:
    spans.clear()
    if name:
        with trace.get_tracer("shop").start_as_current_span(name):
            ask()
    else:
        ask()
    found = spans.get_finished_spans()
    of = {span.context.span_id: span.name for span in found}
    for span in sorted(found, key=lambda span: span.instrumentation_scope.name):
        if span.attributes.get("db.statement") == "SELECT 42":
            parent = of.get(span.parent.span_id) if span.parent else "nobody"
            print(span.instrumentation_scope.name.rsplit(".", 1)[1], "below", parent)
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-sqlalchemy 0.66b1 with instrumentation-sqlite3 0.66b1: one query within a span, one without"
echo "expected: sqlite3 below SQLAlchemy's span"
echo "seen:"; echo "$seen"
[ "$seen" = "sqlalchemy below request
sqlite3 below request
sqlalchemy below nobody
sqlite3 below nobody" ] || { echo "the behaviour changed"; exit 1; }
