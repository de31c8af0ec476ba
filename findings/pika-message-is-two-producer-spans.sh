#!/bin/bash
# With OpenTelemetry's instrumentation of pika one `basic_publish` on a channel of a BlockingConnection is two PRODUCER spans of one
# name, one below the other; the message carries the inner one. So is each reply that a callback sends.
#
# Why it matters to who writes rules: counts of messages are twice what was sent, "each message that is sent is taken" is violated by the
# outer span of every one, and "no order is queued twice" by all.
#
# Expectation: one PRODUCER span a message.
# Versions: opentelemetry-instrumentation-pika 0.66b1, pika 1.4.4.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-pika==0.66b1 pika==1.4.4 pamqp==4.0.1

cat > probe.py <<'PY'
import queue
import socket
import threading

import pika
from opentelemetry.instrumentation.pika import PikaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pamqp import commands, frame, header

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
PikaInstrumentor().instrument(tracer_provider=provider)
ANSWERS = {
    "Connection.StartOk": commands.Connection.Tune(10, 131072, 0),
    "Connection.Open": commands.Connection.OpenOk(),
    "Channel.Open": commands.Channel.OpenOk(),
    "Channel.Close": commands.Channel.CloseOk(),
    "Connection.Close": commands.Connection.CloseOk(),
}
arrived = queue.Queue()


def broker(connection):
    """Keeps the span that each message says it was sent by."""
    stream = connection.makefile("rwb")

    def send(what, channel=0):
        stream.write(frame.marshal(what, channel))
        stream.flush()

    stream.read(8)
    send(commands.Connection.Start(0, 9, {"capabilities": {}}, "PLAIN", "en_US"))
    while head := stream.read(7):
        rest = stream.read(int.from_bytes(head[3:7], "big") + 1)
        _, channel, asked = frame.unmarshal(head + rest)
        if isinstance(asked, header.ContentHeader):
            arrived.put(asked.properties.headers["traceparent"].split("-")[2])
        elif asked.name in ANSWERS:
            send(ANSWERS[asked.name], channel)


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: broker(listener.accept()[0]), daemon=True).start()
connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", listener.getsockname()[1]))
with provider.get_tracer("shop").start_as_current_span("order"):
    connection.channel().basic_publish("", "orders", b"order")
connection.close()
sender = arrived.get()
print(f"arrived: 1 message, {arrived.qsize()} more")
found = spans.get_finished_spans()
by_id = {span.context.span_id: span for span in found}
for span in sorted(found, key=lambda span: span.start_time):
    carried = ", carried by the message" if f"{span.context.span_id:016x}" == sender else ""
    below = f" below {by_id[span.parent.span_id].name}" if span.parent else ""
    print(f"{span.name} {span.kind.name}{below}{carried}")
PY
seen=$(timeout 60 v/bin/python probe.py 2>/dev/null)

echo "instrumentation-pika 0.66b1, pika 1.4.4: one message that an order sends"
echo "expected: one PRODUCER span"
echo "seen:"; echo "$seen"
[ "$seen" = "arrived: 1 message, 0 more
order INTERNAL
orders send PRODUCER below order
orders send PRODUCER below orders send, carried by the message" ] || { echo "the behaviour changed"; exit 1; }
