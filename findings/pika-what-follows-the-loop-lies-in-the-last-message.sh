#!/bin/bash
# A program with pika takes messages by `for method, properties, body in channel.consume(queue)`. The span of a message is over before the
# loop has it, so that it is UNSET whatever becomes of the message, and it stays the current one: what the thread does after the loop,
# after `channel.cancel()` too, lies in the trace of whoever sent the last message. By `basic_consume` with a callback both are right; of
# a message that is asked for by `basic_get` there is no span, and its sender's trace ends.
#
# Why it matters to who writes rules: the nightly report is a part of somebody's order, no failed message has an ERROR, and a rule that
# an order is charged holds or not by which of three ways a service takes.
#
# Expectation: a message's span is current and open while it is handled, and no longer.
# Versions: opentelemetry-instrumentation-pika 0.66b1, pika 1.4.4.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-pika==0.66b1 pika==1.4.4 pamqp==4.0.1

cat > probe.py <<'PY'
import contextvars
import socket
import threading

import pika
from opentelemetry.instrumentation.pika import PikaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pamqp import body, commands, frame, header

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
PikaInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")
SENDER = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
ANSWERS = {
    "Connection.StartOk": lambda _: commands.Connection.Tune(10, 131072, 0),
    "Connection.Open": lambda _: commands.Connection.OpenOk(),
    "Channel.Open": lambda _: commands.Channel.OpenOk(),
    "Basic.Consume": lambda asked: commands.Basic.ConsumeOk(asked.consumer_tag),
    "Basic.Cancel": lambda asked: commands.Basic.CancelOk(asked.consumer_tag),
}


def broker(connection):
    """Gives one message of a traced sender to whoever consumes or asks for one."""
    stream = connection.makefile("rwb")

    def send(what, channel=0):
        stream.write(frame.marshal(what, channel))
        stream.flush()

    stream.read(8)
    send(commands.Connection.Start(0, 9, {"capabilities": {}}, "PLAIN", "en_US"))
    while head := stream.read(7):
        rest = stream.read(int.from_bytes(head[3:7], "big") + 1)
        _, channel, asked = frame.unmarshal(head + rest)
        if asked.name in ANSWERS:
            send(ANSWERS[asked.name](asked), channel)
        if asked.name in ("Basic.Consume", "Basic.Get"):
            deliver = commands.Basic.GetOk(1, False, "", "orders", 0)
            if asked.name == "Basic.Consume":
                deliver = commands.Basic.Deliver(asked.consumer_tag, 1, False, "", "orders")
            send(deliver, channel)
            send(header.ContentHeader(0, 5, commands.Basic.Properties(headers={"traceparent": SENDER})), channel)
            send(body.ContentBody(b"order"), channel)


def charge():
    with tracer.start_as_current_span("charge"):
        pass
    raise ValueError("refused")


def by_callback(channel):
    channel.basic_consume("orders", lambda *_: charge())
    channel.start_consuming()


def by_loop(channel):
    for _ in channel.consume("orders"):
        try:
            charge()
        except ValueError:
            break
    channel.cancel()


def by_get(channel):
    channel.basic_get("orders")
    charge()


def take(way):
    port = listener.getsockname()[1]
    channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)).channel()
    try:
        way(channel)
    except ValueError:
        pass
    with tracer.start_as_current_span("report"):
        pass
    for span in sorted(spans.get_finished_spans(), key=lambda span: span.start_time):
        whose = "the sender's trace" if f"{span.context.trace_id:x}" == "a" * 32 else "a trace of its own"
        print(f"{way.__name__}: {span.name} {span.kind.name} {span.status.status_code.name} in {whose}")
    spans.clear()


listener = socket.create_server(("127.0.0.1", 0))
for way in (by_callback, by_loop, by_get):
    taker = threading.Thread(target=contextvars.Context().run, args=(take, way))
    taker.start()
    connection, _ = listener.accept()
    threading.Thread(target=broker, args=(connection,), daemon=True).start()
    taker.join()
PY
seen=$(timeout 60 v/bin/python probe.py 2>/dev/null)

echo "instrumentation-pika 0.66b1, pika 1.4.4: a message whose handling fails, taken in three ways, and a report after it"
echo "expected: an ERROR and the charge in the sender's trace, the report in its own"
echo "seen:"; echo "$seen"
[ "$seen" = "by_callback: orders receive CONSUMER ERROR in the sender's trace
by_callback: charge INTERNAL UNSET in the sender's trace
by_callback: report INTERNAL UNSET in a trace of its own
by_loop: orders receive CONSUMER UNSET in the sender's trace
by_loop: charge INTERNAL UNSET in the sender's trace
by_loop: report INTERNAL UNSET in the sender's trace
by_get: charge INTERNAL UNSET in a trace of its own
by_get: report INTERNAL UNSET in a trace of its own" ] || { echo "the behaviour changed"; exit 1; }
