#!/bin/bash
# A greenlet that gevent spawns begins with an empty context: spans that it makes are traces of their own, also where its
# parent waits for it. The context of a task of asyncio is a copy of that of whoever made it.
#
# Why it matters to who writes rules: a request that asks three services at once, in a worker of gunicorn that is run by gevent,
# is four traces. "Each order has a charge" fires for every order, and counts of calls within a request find none.
#
# Expectation: gevent puts its own contextvars in the place of Python's so that libraries work as they did; what asyncio does at
# the same place is to copy. Instrumentation of threads, which carries the context for threads, knows nothing of greenlets.
# Versions: gevent 26.9.0, opentelemetry-sdk 1.45.1, opentelemetry-instrumentation-threading 0.66b1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 gevent==26.9.0 \
  opentelemetry-instrumentation-threading==0.66b1

cat > probe.py <<'PY'
import sys

if sys.argv[1] == "gevent":
    from gevent import monkey
    monkey.patch_all()
import asyncio
import threading

from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("probe")
ThreadingInstrumentor().instrument()


def charge(name):
    with tracer.start_as_current_span(name):
        pass


async def charge_soon(name):
    charge(name)


async def order():
    with tracer.start_as_current_span("order"):
        await asyncio.create_task(charge_soon("task of asyncio"))


if sys.argv[1] == "asyncio":
    asyncio.run(order())
else:
    import gevent
    from gevent.pool import Pool
    with tracer.start_as_current_span("order"):
        gevent.spawn(charge, "greenlet").get()
        Pool(2).map(charge, ["greenlet of a pool"])
        thread = threading.Thread(target=charge, args=("thread, which is a greenlet",))
        thread.start()
        thread.join()
for span in spans.get_finished_spans():
    if span.name != "order":
        print(f"{span.name}:", "below the order" if span.parent else "a trace of its own")
PY
seen=$(for one in asyncio gevent; do v/bin/python probe.py $one; done)

echo "gevent 26.9.0, opentelemetry-sdk 1.45.1: charges that an order starts and waits for"
echo "expected: all below the order"
echo "seen:"; echo "$seen"
[ "$seen" = "task of asyncio: below the order
greenlet: a trace of its own
greenlet of a pool: a trace of its own
thread, which is a greenlet: below the order" ] || { echo "the behaviour changed"; exit 1; }
