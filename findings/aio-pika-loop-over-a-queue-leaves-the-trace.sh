#!/bin/bash
# A program with aio-pika takes messages by a callback (`queue.consume`) or by `async for message in queue`. By the callback, what is
# done for a message lies below its CONSUMER span, which is an ERROR where it fails. In the loop the span of a message has ended before
# the loop has it: it is UNSET whatever becomes of the message, and what is done for it is a trace of its own.
#
# Why it matters to who writes rules: "an order that is queued is charged" is violated by each order that is, traces end at the queue,
# and no failed message has an ERROR; which of the two ways a service takes is seen in none of its spans.
#
# Expectation: both ways carry the trace on, or the loop's messages have no span at all.
# Versions: opentelemetry-instrumentation-aio-pika 0.66b1, aio-pika 10.2.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 aio-pika==10.2.1 \
  opentelemetry-instrumentation-aio-pika==0.66b1

cat > probe.py <<'PY'
import asyncio

import aio_pika
from opentelemetry.instrumentation.aio_pika import AioPikaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pamqp import body, commands, frame, header

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
AioPikaInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")
SENDER = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
ANSWERS = {
    "Connection.StartOk": lambda _: commands.Connection.Tune(10, 131072, 0),
    "Connection.Open": lambda _: commands.Connection.OpenOk(),
    "Connection.Close": lambda _: commands.Connection.CloseOk(),
    "Channel.Open": lambda _: commands.Channel.OpenOk(),
    "Channel.Close": lambda _: commands.Channel.CloseOk(),
    "Confirm.Select": lambda _: commands.Confirm.SelectOk(),
    "Queue.Declare": lambda asked: commands.Queue.DeclareOk(asked.queue, 0, 0),
    "Basic.Consume": lambda asked: commands.Basic.ConsumeOk(asked.consumer_tag),
    "Basic.Cancel": lambda asked: commands.Basic.CancelOk(asked.consumer_tag),
}


async def broker(reader, writer):
    """Gives one message of a traced sender to whoever consumes."""

    def send(what, channel=0):
        writer.write(frame.marshal(what, channel))

    await reader.readexactly(8)
    send(commands.Connection.Start(0, 9, {"capabilities": {"publisher_confirms": True}}, "PLAIN", "en_US"))
    while head := await reader.read(7):
        rest = await reader.readexactly(int.from_bytes(head[3:7], "big") + 1)
        _, channel, asked = frame.unmarshal(head + rest)
        if asked.name in ANSWERS:
            send(ANSWERS[asked.name](asked), channel)
        if asked.name == "Basic.Consume":
            send(commands.Basic.Deliver(asked.consumer_tag, 1, False, "", "orders"), channel)
            send(header.ContentHeader(0, 5, commands.Basic.Properties(headers={"traceparent": SENDER})), channel)
            send(body.ContentBody(b"order"), channel)
    writer.close()


async def charge(message):
    async with message.process():
        with tracer.start_as_current_span("charge"):
            pass
        raise ValueError("refused")


async def by_callback(queue):
    done = asyncio.Event()

    async def handle(message):
        try:
            await charge(message)
        finally:
            done.set()

    tag = await queue.consume(handle)
    await done.wait()
    await queue.cancel(tag)


async def by_loop(queue):
    async with queue.iterator() as messages:
        async for message in messages:
            try:
                await charge(message)
            except ValueError:
                break


async def main():
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    connection = await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    queue = await (await connection.channel()).declare_queue("orders")
    for way in (by_callback, by_loop):
        await way(queue)
        for span in sorted(spans.get_finished_spans(), key=lambda span: span.kind.name):
            whose = "the sender's trace" if f"{span.context.trace_id:x}" == "a" * 32 else "a trace of its own"
            print(f"{way.__name__}: {span.name} {span.kind.name} {span.status.status_code.name} in {whose}")
        spans.clear()
    await connection.close()


asyncio.run(main())
PY
seen=$(timeout 60 v/bin/python probe.py 2>/dev/null)

echo "instrumentation-aio-pika 0.66b1, aio-pika 10.2.1: a message whose handling fails, taken in two ways"
echo "expected: ERROR, and the charge in the sender's trace, of both"
echo "seen:"; echo "$seen"
[ "$seen" = "by_callback: orders receive CONSUMER ERROR in the sender's trace
by_callback: charge INTERNAL UNSET in the sender's trace
by_loop: orders receive CONSUMER UNSET in the sender's trace
by_loop: charge INTERNAL UNSET in a trace of its own" ] || { echo "the behaviour changed"; exit 1; }
