#!/bin/bash
# In Node with amqplib a message's span waits for its acknowledgement. Where that takes longer than `consumeTimeoutMs`, a minute if
# nobody sets it, the span is ended as an ERROR, "instrumentation timeout called on message with requeue", though nothing was called, the
# work goes on, and the message is acknowledged. Of a consumer that acknowledges by itself (`noAck`) the span is over before an async
# handler has done anything.
#
# Why it matters to who writes rules: the jobs that take long, which are why there is a queue, fail by their spans every time, and none
# is longer than two minutes; "a message that failed is put aside" is violated by those that went well.
#
# Expectation: a span as long as the work and UNSET, or no end.
# Versions: @opentelemetry/instrumentation-amqplib 0.70.0, amqplib 2.3.1 (Node), a broker of pamqp 4.0.1 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check pamqp==4.0.1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-amqplib@0.70.0 amqplib@2.3.1 >/dev/null

cat > broker.py <<'PY'
# Gives one message to whoever consumes.
import socket

from pamqp import body, commands, frame, header

ANSWERS = {
    "Connection.StartOk": lambda _: commands.Connection.Tune(10, 131072, 0),
    "Connection.Open": lambda _: commands.Connection.OpenOk(),
    "Connection.Close": lambda _: commands.Connection.CloseOk(),
    "Channel.Open": lambda _: commands.Channel.OpenOk(),
    "Channel.Close": lambda _: commands.Channel.CloseOk(),
    "Basic.Consume": lambda asked: commands.Basic.ConsumeOk(asked.consumer_tag or asked.queue),
}
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
stream = listener.accept()[0].makefile("rwb")


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
    if asked.name == "Basic.Consume":
        send(commands.Basic.Deliver(asked.consumer_tag or asked.queue, 1, False, "", asked.queue), channel)
        send(header.ContentHeader(0, 5, commands.Basic.Properties()), channel)
        send(body.ContentBody(b"order"), channel)
PY
cat > probe.js <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { AmqplibInstrumentation } = require('@opentelemetry/instrumentation-amqplib');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
console.log(`consumeTimeoutMs, where nobody sets it: ${new AmqplibInstrumentation({ enabled: false }).getConfig().consumeTimeoutMs}`);
// A second, so that one need not wait for two minutes here.
const amqp = new AmqplibInstrumentation({ consumeTimeoutMs: 1000 });
registerInstrumentations({ instrumentations: [amqp], tracerProvider: provider });
const { connect } = require('amqplib');

const wait = (time) => new Promise((done) => setTimeout(done, time));

(async () => {
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${process.env.PORT}`);
  const ways = { 'short work': [100, {}], 'long work': [3500, {}], 'work of a consumer with noAck': [600, { noAck: true }] };
  for (const [name, [time, options]] of Object.entries(ways)) {
    const channel = await connection.createChannel();
    let started;
    await new Promise((done) => channel.consume('orders', async (message) => {
      started = performance.now();
      await wait(time);
      if (!options.noAck) channel.ack(message);
      done();
    }, options));
    const took = performance.now() - started;
    const [span] = spans.getFinishedSpans();
    const length = span.duration[0] * 1e3 + span.duration[1] / 1e6;
    const status = ['UNSET', 'OK', 'ERROR'][span.status.code];
    console.log(`${name}: ${[status, span.status.message].filter(Boolean).join(' ')}, ${length > took - 50 ? 'as long as the work' : 'shorter'}`);
    spans.reset();
    await channel.close();
  }
  await connection.close();
})();
JS
mkfifo told
v/bin/python broker.py > told & broker=$!
trap 'kill $broker 2>/dev/null || true; rm -rf "$work"' EXIT
read -r PORT < told
export PORT
seen=$(timeout 60 node probe.js)

echo "instrumentation-amqplib 0.70.0, amqplib 2.3.1: messages that are all handled well"
echo "expected: UNSET, as long as the work"
echo "seen:"; echo "$seen"
[ "$seen" = "consumeTimeoutMs, where nobody sets it: 60000
short work: UNSET, as long as the work
long work: ERROR instrumentation timeout called on message with requeue, shorter
work of a consumer with noAck: UNSET, shorter" ] || { echo "the behaviour changed"; exit 1; }
