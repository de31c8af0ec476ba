#!/bin/bash
# What arrives over a connection that stays open, as messages of MQTT or those that a client of a WebSocket gets, is handled in
# the context in which the connection was opened, in Node. Where the first request opens it, because it is opened when first needed,
# all messages lie in that request's trace for ever, each below its span, which is long over; also those that a handler gets which was
# added outside of any request.
#
# Why it matters to who writes rules: what a message causes is never absent from that one request and never in a trace of its own; the
# trace grows without end, each message comes after the request was judged, and counts "in a request" count a day's messages.
#
# Expectation: a message that nobody in the trace sent is a trace of its own, or belongs where its handler was added.
# Versions: mqtt 5.16.0 with aedes 1.2.0 as its broker, ws 8.23.0, sdk-trace-node 2.12.1, Node 20.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  mqtt@5.16.0 aedes@1.2.0 ws@8.23.0 >/dev/null

cat > probe.js <<'JS'
const { context, ROOT_CONTEXT, trace } = require('@opentelemetry/api');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { Aedes } = require('aedes');
const mqtt = require('mqtt');
const { WebSocket, WebSocketServer } = require('ws');
const { once } = require('node:events');
const net = require('node:net');

const spans = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
const tracer = trace.getTracer('shop');
const handle = (message) => tracer.startSpan(`message ${message}`).end();
const handled = async (count) => {
  for (let i = 0; i < 100; i++) {
    const found = spans.getFinishedSpans().filter(({ name }) => name.startsWith('message'));
    if (found.length === count) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error('no message came');
};

// Opens a connection within a request, adds the handler when the request is over, and sends two messages.
const show = async (what, { open, listen, send }) => {
  let request;
  const client = await tracer.startActiveSpan('request', async (span) => {
    request = span.spanContext();
    const opened = await open();
    span.end();
    return opened;
  });
  listen(client);
  send('1');
  send('2');
  for (const { name, parentSpanContext } of await handled(2))
    console.log(`${what}: ${name} ${parentSpanContext?.spanId === request.spanId ? 'below the request' : 'in a trace of its own'}`);
  spans.reset();
};

(async () => {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(sockets, 'listening');
  const overSocket = {
    open: async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${sockets.address().port}`);
      await once(socket, 'open');
      return socket;
    },
    listen: (socket) => socket.on('message', handle),
    send: (message) => [...sockets.clients].at(-1).send(message),
  };
  const broker = await Aedes.createBroker();
  const server = net.createServer(broker.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const overBroker = {
    open: async () => {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.address().port}`);
      await client.subscribeAsync('orders');
      return client;
    },
    listen: (client) => client.on('message', (_, message) => handle(message)),
    send: (payload) => broker.publish({ topic: 'orders', payload }, () => {}),
  };
  const outside = (way) => ({ ...way, open: () => context.with(ROOT_CONTEXT, way.open) });
  await show('ws', overSocket);
  await show('ws, opened in an empty context', outside(overSocket));
  await show('mqtt', overBroker);
  await show('mqtt, opened in an empty context', outside(overBroker));
  process.exit(0);
})();
JS
seen=$(timeout 60 node probe.js)

echo "mqtt 5.16.0, ws 8.23.0, Node $(node -p process.version): messages over a connection that a request opened, which is over"
echo "expected: in traces of their own"
echo "seen:"; echo "$seen"
[ "$seen" = "ws: message 1 below the request
ws: message 2 below the request
ws, opened in an empty context: message 1 in a trace of its own
ws, opened in an empty context: message 2 in a trace of its own
mqtt: message 1 below the request
mqtt: message 2 below the request
mqtt, opened in an empty context: message 1 in a trace of its own
mqtt, opened in an empty context: message 2 in a trace of its own" ] || { echo "the behaviour changed"; exit 1; }
