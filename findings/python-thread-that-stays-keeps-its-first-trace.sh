#!/bin/bash
# With instrumentation-threading a thread has, for as long as it lives, the context of whoever started it. A worker that is started when
# it is first needed, within a request, and a `ThreadPool` of multiprocessing that is made there, put all that they do later, for other
# requests and for none, into that first request's trace. A `ThreadPoolExecutor` takes the context of who hands the work in.
#
# Why it matters to who writes rules: the first request grows for days and never seems to be over, so that it is judged in part or over
# a limit of spans; the work of all others is missing in their traces, and a rule on one tenant's request sees another's data.
#
# Expectation: work that is handed to a thread lies in the trace of who handed it in, or in none.
# Versions: opentelemetry-instrumentation-threading 0.66b1, Python 3.11.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-threading==0.66b1

cat > probe.py <<'PY'
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

from opentelemetry import context
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("shop")
ThreadingInstrumentor().instrument()


def charge(order):
    with tracer.start_as_current_span(f"charge of {order}"):
        pass


class Worker:
    """One thread that takes its work from a queue, started by the first who hands work in."""

    def __init__(self):
        self.waiting = queue.Queue()
        self.thread = None

    def charge(self, order):
        if self.thread is None:
            self.thread = threading.Thread(target=self.serve, daemon=True)
            self.start()
        self.waiting.put(order)
        self.waiting.join()

    def start(self):
        self.thread.start()

    def serve(self):
        while True:
            charge(self.waiting.get())
            self.waiting.task_done()


class WorkerWithoutContext(Worker):
    """A way out: the thread is started in an empty context. What it does is then in traces of its own."""

    def start(self):
        token = context.attach(context.Context())
        self.thread.start()
        context.detach(token)


class Pool:
    def __init__(self, make, hand_in):
        self.make, self.hand_in, self.pool = make, hand_in, None

    def charge(self, order):
        self.pool = self.pool or self.make(1)
        self.hand_in(self.pool, order)


WAYS = {
    "ThreadPoolExecutor": Pool(ThreadPoolExecutor, lambda pool, order: pool.submit(charge, order).result()),
    "ThreadPool": Pool(ThreadPool, lambda pool, order: pool.apply(charge, (order,))),
    "a thread with a queue": Worker(),
    "the same, started in an empty context": WorkerWithoutContext(),
}
for name, way in WAYS.items():
    orders = {}
    for order in ("order 1", "order 2"):
        with tracer.start_as_current_span(order) as span:
            orders[span.get_span_context().trace_id] = order
            way.charge(order)
    way.charge("no order")
    told = [
        f"{span.name} in {orders.get(span.context.trace_id, 'its own')}"
        for span in spans.get_finished_spans()
        if span.name.startswith("charge")
    ]
    print(f"{name}: {', '.join(told)}")
    spans.clear()
PY
seen=$(timeout 60 v/bin/python probe.py)

echo "instrumentation-threading 0.66b1: three charges that are handed to a thread that stays"
echo "expected: each in the trace of its order, the last in its own"
echo "seen:"; echo "$seen"
[ "$seen" = "ThreadPoolExecutor: charge of order 1 in order 1, charge of order 2 in order 2, charge of no order in its own
ThreadPool: charge of order 1 in order 1, charge of order 2 in order 1, charge of no order in order 1
a thread with a queue: charge of order 1 in order 1, charge of order 2 in order 1, charge of no order in order 1
the same, started in an empty context: charge of order 1 in its own, charge of order 2 in its own, charge of no order in its own" ] || { echo "the behaviour changed"; exit 1; }
