#!/bin/bash
# Python's instrumentation of confluent-kafka makes the span of a message around `produce()`, which only puts it into a queue. The
# span is over before anything is sent. A message that is not delivered, as the callback is told, has the same span as one that
# is: PRODUCER, UNSET, no event. Here one is delivered and one is asked of a broker that nobody runs.
#
# Why it matters to who writes rules: "each paid order is announced" is satisfied by announcements that nobody ever got, in the very
# hour when the broker is away; "no message fails to be sent" finds none; and the span says nothing of how long sending took.
#
# Expectation: the span ends with the delivery, or says at least that it failed.
# Versions: opentelemetry-instrumentation-confluent-kafka 0.66b1, confluent-kafka 2.16.1, opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 confluent-kafka==2.16.1 \
  opentelemetry-instrumentation-confluent-kafka==0.66b1

cat > probe.py <<'PY'
import confluent_kafka
from opentelemetry import trace
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("shop")


def send(config):
    """Sends one message, and says what came of it and what its span says."""
    outcome = []
    producer = ConfluentKafkaInstrumentor.instrument_producer(confluent_kafka.Producer(config), provider)
    producer.produce("orders", b"paid", callback=lambda error, message: outcome.append(error.name() if error else "delivered"))
    ended = [span.name for span in spans.get_finished_spans()]
    producer.flush(30)
    return outcome[0], ended


# The library's own broker for tests, within this process; and an address where nothing listens.
for config in ({"test.mock.num.brokers": 1}, {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 1000}):
    outcome, ended = send({**config, "log_level": 0})
    (span,) = spans.get_finished_spans()
    print(f"{outcome}: {span.name} {span.kind.name} {span.status.status_code.name}, {len(span.events)} events, over at once: {bool(ended)}")
    spans.clear()

# A way out: a span of one's own that ends when the outcome is known.
producer = confluent_kafka.Producer({"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 1000, "log_level": 0})
delivery = tracer.start_span("delivery")


def delivered(error, message):
    if error:
        delivery.set_status(trace.StatusCode.ERROR, error.str())
    delivery.end()


producer.produce("orders", b"paid", callback=delivered)
producer.flush(30)
(span,) = spans.get_finished_spans()
print(f"a span of one's own, ended by the callback: {span.status.status_code.name}")
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "instrumentation-confluent-kafka 0.66b1: a message that arrives, and one that does not"
echo "expected: a span that ends with the delivery, and an ERROR for the second"
echo "seen:"; echo "$seen"
[ "$seen" = "delivered: orders send PRODUCER UNSET, 0 events, over at once: True
_MSG_TIMED_OUT: orders send PRODUCER UNSET, 0 events, over at once: True
a span of one's own, ended by the callback: ERROR" ] || { echo "the behaviour changed"; exit 1; }
