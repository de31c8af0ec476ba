#!/bin/bash
# A generator that opens a span around its `yield`s, as a stream of rows or of a model's words does, makes that span the
# current one of whoever reads it: what the reader does between two items is below the generator's span. Whoever stops
# reading early does everything after under it too, until the generator is collected. It is so for async generators as well.
#
# Why it matters to who writes rules: "no query inside the call of a model" meets the query that the reader makes with each
# answer, "a write stands directly below its request" fails for every write, and counts of children count the reader's.
#
# Expectation: `with` closes a span's scope around the generator's own code, as a function's does; the reader is not in it.
# Versions: opentelemetry-sdk 1.45.2 (Python 3.11).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2

cat > probe.py <<'PY'
import asyncio
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("probe")


def words():
    with tracer.start_as_current_span("chat"):
        yield "yes"
        yield "no"


async def words_async():
    with tracer.start_as_current_span("chat"):
        yield "yes"


def act(name):
    with tracer.start_as_current_span(name):
        pass


def read_all():
    for _ in words():
        act("save")


def stop_early():
    stream = words()
    next(stream)
    act("charge")


async def read_async():
    async for _ in words_async():
        act("save")


for reader in (read_all, stop_early, read_async):
    spans.clear()
    with tracer.start_as_current_span("request"):
        asyncio.run(reader()) if asyncio.iscoroutinefunction(reader) else reader()
    names = {span.context.span_id: span.name for span in spans.get_finished_spans()}
    own = [span for span in spans.get_finished_spans() if span.name not in ("request", "chat")]
    print(reader.__name__ + ":", ", ".join(f"{span.name} below {names[span.parent.span_id]}" for span in own))
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-sdk 1.45.2: a request reads from a generator that holds a span, and makes spans of its own"
echo "expected: the reader's spans below the request"
echo "seen:"; echo "$seen"
[ "$seen" = "read_all: save below chat, save below chat
stop_early: charge below chat
read_async: save below chat" ] || { echo "the behaviour changed"; exit 1; }
