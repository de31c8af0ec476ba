#!/bin/bash
# With the instrumentation of Dramatiq a message whose actor raises has a CONSUMER span with OK and no event, in each attempt and in the
# last one after which it is given up. What the actor does lies beside that span, below the one of the send; and the send, within the
# request that makes it, is of kind SERVER.
#
# Why it matters to who writes rules: "a failed charge is told of" has no ERROR to ask about, "the job asks the fraud service" (`inside`
# its span) is violated always, and each message that is sent counts as a request that came in, and went well.
#
# Expectation: a PRODUCER span of the send; a CONSUMER span below it, ERROR where the actor raised, with the actor's work below it.
# Versions: opentelemetry-instrumentor-dramatiq 0.1.4, dramatiq 2.2.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 \
  opentelemetry-instrumentor-dramatiq==0.1.4 dramatiq==2.2.1

cat > probe.py <<'PY'
import logging

import dramatiq
from dramatiq.brokers.stub import StubBroker
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry_instrumentor_dramatiq import DramatiqInstrumentor

logging.disable(logging.CRITICAL)
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
tracer = provider.get_tracer("shop")
DramatiqInstrumentor().instrument()
broker = StubBroker()
dramatiq.set_broker(broker)


@dramatiq.actor
def good():
    with tracer.start_as_current_span("fraud check"):
        pass


@dramatiq.actor(max_retries=1, min_backoff=1, max_backoff=2)
def bad():
    with tracer.start_as_current_span("fraud check"):
        pass
    raise RuntimeError("refused")


@dramatiq.actor(max_retries=0)
def mended():
    with tracer.start_as_current_span("work of mended"):
        raise RuntimeError("refused")


worker = dramatiq.Worker(broker, worker_timeout=50, worker_threads=1)
worker.start()
for actor in good, bad, mended:
    with tracer.start_as_current_span("request"):
        actor.send()
    try:
        broker.join("default", timeout=20000)
    except RuntimeError as error:
        print(actor.actor_name, "was given up:", error)
    worker.join()
    found = {span.context.span_id: span for span in spans.get_finished_spans()}
    for span in sorted(found.values(), key=lambda span: span.start_time):
        if span.parent:
            told = f"{span.kind.name} {span.name} {span.status.status_code.name} with {len(span.events)} events"
            print(f"{actor.actor_name}: {told}, below {found[span.parent.span_id].name}")
    spans.clear()
worker.stop()
PY
seen=$(timeout 60 v/bin/python -W ignore probe.py)

echo "opentelemetry-instrumentor-dramatiq 0.1.4, dramatiq 2.2.1: a message that goes well, one that fails twice, one with a span of its own"
echo "expected: ERROR of the two attempts, and no SERVER span"
echo "seen:"; echo "$seen"
[ "$seen" = "good: SERVER dramatiq.producer.good OK with 0 events, below request
good: CONSUMER dramatiq.worker.WorkerThread OK with 0 events, below dramatiq.producer.good
good: INTERNAL fraud check UNSET with 0 events, below dramatiq.producer.good
bad was given up: refused
bad: SERVER dramatiq.producer.bad OK with 0 events, below request
bad: CONSUMER dramatiq.worker.WorkerThread OK with 0 events, below dramatiq.producer.bad
bad: INTERNAL fraud check UNSET with 0 events, below dramatiq.producer.bad
bad: CONSUMER dramatiq.worker.WorkerThread OK with 0 events, below dramatiq.producer.bad
bad: INTERNAL fraud check UNSET with 0 events, below dramatiq.producer.bad
mended was given up: refused
mended: SERVER dramatiq.producer.mended OK with 0 events, below request
mended: CONSUMER dramatiq.worker.WorkerThread OK with 0 events, below dramatiq.producer.mended
mended: INTERNAL work of mended ERROR with 1 events, below dramatiq.producer.mended" ] || { echo "the behaviour changed"; exit 1; }
