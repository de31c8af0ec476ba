#!/bin/bash
# A task of Celery that is tried again is published from within the attempt that failed: each attempt lies below the one before,
# one level of publish and run deeper a time. A failed attempt is UNSET and has no event; only the last one can be ERROR.
#
# Why it matters to who writes rules: "a failed charge is tried again or told of" asks for an ERROR and finds none; counts of what a
# run did (`count(…) inside run`) take in all attempts after it; and a span ends long before what lies below it begins.
#
# Expectation: attempts are brothers below the one publish, or linked, and one that raised says ERROR with its exception.
# Versions: opentelemetry-instrumentation-celery 0.66b1, celery 5.7.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-celery==0.66b1 celery==5.7.0

cat > probe.py <<'PY'
import logging
import time

from celery import Celery
from celery.contrib.testing.worker import start_worker
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable(logging.CRITICAL)
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
CeleryInstrumentor().instrument(tracer_provider=provider)
app = Celery("shop", broker="memory://", backend="cache+memory://")


@app.task(name="charge", autoretry_for=(RuntimeError,), retry_kwargs={"countdown": 0.05}, max_retries=2)
def charge():
    raise RuntimeError("refused")


with start_worker(app, perform_ping_check=False, pool="solo"):
    charge.delay().get(timeout=30, propagate=False)
    for _ in range(100):
        if len(spans.get_finished_spans()) == 6:
            break
        time.sleep(0.1)
found = {span.context.span_id: span for span in spans.get_finished_spans()}


def depth(span):
    return 0 if span.parent is None else 1 + depth(found[span.parent.span_id])


for span in sorted(found.values(), key=depth):
    state = span.attributes.get("celery.state", "")
    print(f"{depth(span)} {span.name} {span.status.status_code.name} with {len(span.events)} events {state}".rstrip())
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-celery 0.66b1, celery 5.7.0: a task that fails three times"
echo "expected: three ERROR, at one depth"
echo "seen:"; echo "$seen"
[ "$seen" = "0 apply_async/charge UNSET with 0 events
1 run/charge UNSET with 0 events RETRY
2 apply_async/charge UNSET with 0 events
3 run/charge UNSET with 0 events RETRY
4 apply_async/charge UNSET with 0 events
5 run/charge ERROR with 1 events FAILURE" ] || { echo "the behaviour changed"; exit 1; }
