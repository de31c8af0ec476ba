#!/bin/bash
# A handler of FastStream ends early by raising: AckMessage for a message that is done, SkipMessage for one that is not for it. These
# are ways of the framework to say what is to come of a message, and nothing fails; the span `process` is an ERROR with an exception
# event, as of a handler that broke. And each message is two PRODUCER spans, `create` and `publish`, of which the consumer lies below
# the first, as a brother of the second.
#
# Why it matters to who writes rules: "a failed message is told of" fires for messages that were done, counts of sent messages by kind are
# twice as high, and "what is published is processed" (a process below each PRODUCER) is violated by every message.
#
# Expectation: ERROR where the handler failed, and one PRODUCER a message with the consumer below it.
# Versions: faststream 0.7.8 (its middleware for RabbitMQ, over its broker for tests), opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 'faststream[rabbit]==0.7.8'

cat > probe.py <<'PY'
import asyncio

from faststream.exceptions import AckMessage, SkipMessage
from faststream.rabbit import RabbitBroker, TestRabbitBroker
from faststream.rabbit.opentelemetry import RabbitTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
broker = RabbitBroker(middlewares=(RabbitTelemetryMiddleware(tracer_provider=provider),), logger=None)


@broker.subscriber("orders")
async def handle(order: str):
    if order == "done early":
        raise AckMessage
    if order == "not for us":
        raise SkipMessage


async def main():
    async with TestRabbitBroker(broker) as queue:
        for order in ("plain", "done early", "not for us"):
            await queue.publish(order, "orders")
            found = {span.context.span_id: span for span in spans.get_finished_spans()}
            for span in sorted(found.values(), key=lambda span: span.start_time):
                above = found[span.parent.span_id].name if span.parent else "nothing"
                print(f"{order}: {span.kind.name} {span.name} below {above}, {span.status.status_code.name} {len(span.events)}")
            spans.clear()


asyncio.run(main())
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "faststream 0.7.8: a message that is handled, one that is acknowledged early, one that is skipped; status and number of events"
echo "expected: one PRODUCER and no ERROR each"
echo "seen:"; echo "$seen"
[ "$seen" = "plain: PRODUCER default.orders create below nothing, UNSET 0
plain: PRODUCER default.orders publish below default.orders create, UNSET 0
plain: CONSUMER default.orders process below default.orders create, UNSET 0
done early: PRODUCER default.orders create below nothing, UNSET 0
done early: PRODUCER default.orders publish below default.orders create, UNSET 0
done early: CONSUMER default.orders process below default.orders create, ERROR 1
not for us: PRODUCER default.orders create below nothing, UNSET 0
not for us: PRODUCER default.orders publish below default.orders create, UNSET 0
not for us: CONSUMER default.orders process below default.orders create, ERROR 1" ] || { echo "the behaviour changed"; exit 1; }
