#!/bin/bash
# instrumentation-threading takes the trace along into a thread: a `Thread` with a target, a `Timer`, what an executor is given. A class
# of one's own that overrides `run`, as Python's manual shows beside the target and as libraries write their workers, is left out: what
# it does is a trace of its own, without a word.
#
# Why it matters to who writes rules: "an order that is placed is charged" is violated wherever the charge is such a class, though the
# instrumentation that is said to mend this is there; two threads that look alike at the caller end in different traces.
#
# Expectation: a thread has the context of who started it, however its work was given.
# Versions: opentelemetry-instrumentation-threading 0.66b1, Python 3.11.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-threading==0.66b1

cat > probe.py <<'PY'
import contextvars
import threading

from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("shop")
ThreadingInstrumentor().instrument()


def charge():
    with tracer.start_as_current_span("charge"):
        pass


class Charge(threading.Thread):
    def run(self):
        charge()


class ChargeByTheBase(threading.Thread):
    def run(self):
        super().run()


class ChargeInContext(threading.Thread):
    """A way out: keep the context oneself."""

    def __init__(self):
        super().__init__()
        self.context = contextvars.copy_context()

    def run(self):
        self.context.run(charge)


WAYS = {
    "Thread(target=...)": lambda: threading.Thread(target=charge),
    "Timer": lambda: threading.Timer(0, charge),
    "a class whose run calls the base's": lambda: ChargeByTheBase(target=charge),
    "a class with its own run": Charge,
    "a class that keeps the context": ChargeInContext,
}
for name, make in WAYS.items():
    with tracer.start_as_current_span("order") as order:
        thread = make()
        thread.start()
        thread.join()
    (charged,) = [span for span in spans.get_finished_spans() if span.name == "charge"]
    same = charged.context.trace_id == order.get_span_context().trace_id
    print(f"{name}: {'the trace of the order' if same else 'a trace of its own'}")
    spans.clear()
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-threading 0.66b1: what a thread does that an order starts"
echo "expected: it lies in the trace of the order"
echo "seen:"; echo "$seen"
[ "$seen" = "Thread(target=...): the trace of the order
Timer: the trace of the order
a class whose run calls the base's: the trace of the order
a class with its own run: a trace of its own
a class that keeps the context: the trace of the order" ] || { echo "the behaviour changed"; exit 1; }
