#!/bin/bash
# What a coroutine hands to a thread by `loop.run_in_executor` is a trace of its own; by `asyncio.to_thread`, which does the same, it
# lies below the coroutine's span. A ThreadPoolExecutor's `submit` leaves the trace as well.
#
# Why it matters to who writes rules: calls of databases and files that would block are handed on this way, so that their spans
# lie in traces of one span: "each order is charged" fires, and `inside` never holds. Which of the two a library uses
# is not seen from outside.
#
# Expectation: asyncio carries the context along (tasks, callbacks and to_thread all do), so what is awaited is in the trace.
# Versions: opentelemetry-sdk 1.45.1, opentelemetry-instrumentation-threading 0.66b1, Python 3.11.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 opentelemetry-instrumentation-threading==0.66b1

cat > probe.py <<'PY'
import asyncio
from concurrent.futures import ThreadPoolExecutor

from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("probe")


def charge(order):
    tracer.start_span("charge").end()


async def request(name, handed):
    with tracer.start_as_current_span("request"):
        await handed()
    charge, request = spans.get_finished_spans()
    print(f"{name}: {'in the request' if charge.context.trace_id == request.context.trace_id else 'in a trace of its own'}")
    spans.clear()


async def main():
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(1)
    await request("to_thread", lambda: asyncio.to_thread(charge, 42))
    await request("run_in_executor", lambda: loop.run_in_executor(None, charge, 42))
    await request("submit", lambda: asyncio.wrap_future(pool.submit(charge, 42)))
    ThreadingInstrumentor().instrument()
    await request("run_in_executor, with instrumentation-threading", lambda: loop.run_in_executor(None, charge, 42))


asyncio.run(main())
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-sdk 1.45.1: a coroutine that awaits work in a thread"
echo "expected: all in the request"
echo "seen:"; echo "$seen"
[ "$seen" = "to_thread: in the request
run_in_executor: in a trace of its own
submit: in a trace of its own
run_in_executor, with instrumentation-threading: in the request" ] || { echo "the behaviour changed"; exit 1; }
