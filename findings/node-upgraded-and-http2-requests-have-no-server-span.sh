#!/bin/bash
# Node's http instrumentation makes no server span of a request that becomes a WebSocket, nor of any request to a server of
# http2: what the program does for them is a trace of its own a message or a request, though the caller's side sent its
# trace along. The caller's span of the WebSocket has no status code.
#
# Why it matters to who writes rules: what is asked of requests ("each is authorised") is never asked of these, and what is
# asked of traces as a whole is asked of pieces without a root that says who called. Absence is told of the caller's trace.
#
# Expectation: a WebSocket begins as a GET on the same http server, which is answered with 101, and otelhttp and ASGI
# make a span of it; a server of http2 takes the same handler as one of http.
# Versions: @opentelemetry/instrumentation-http 0.223.0, sdk-trace-node 2.12.1, ws 8.23.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-http@0.223.0 ws@8.23.0 >/dev/null

cat > probe.cjs <<'JS'
const { trace } = require('@opentelemetry/api');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const spans = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
registerInstrumentations({ instrumentations: [new HttpInstrumentation()] });
const { once } = require('events');
const http = require('http');
const http2 = require('http2');
const { WebSocket, WebSocketServer } = require('ws');

const tracer = trace.getTracer('probe');
const handler = (request, response) => {
  tracer.startSpan('handler').end();
  response.end();
};
const kinds = ['INTERNAL', 'SERVER', 'CLIENT'];
function show(name) {
  const all = spans.getFinishedSpans();
  const traces = new Set(all.map((span) => span.spanContext().traceId)).size;
  const words = all.map((span) => `${span.name} ${kinds[span.kind]} ${span.attributes['http.response.status_code'] ?? 'no code'}`).sort();
  console.log(`${name}: ${words.join(', ')}; traces: ${traces}`);
  spans.reset();
}
async function main() {
  const server = http.createServer(handler);
  new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', () => {
    tracer.startSpan('handler').end();
    socket.send('done');
  }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `127.0.0.1:${server.address().port}`;
  await once((await once(http.get(`http://${address}/`), 'response'))[0].resume(), 'end');
  while (spans.getFinishedSpans().length < 3) await new Promise(setImmediate);
  show('GET');

  const socket = new WebSocket(`ws://${address}/`);
  await once(socket, 'open');
  for (let message = 0; message < 2; message++) {
    socket.send('order');
    await once(socket, 'message');
  }
  socket.close();
  await once(socket, 'close');
  server.close();
  await once(server, 'close');
  show('WebSocket');

  const second = http2.createServer(handler);
  await once(second.listen(0, '127.0.0.1'), 'listening');
  const client = http2.connect(`http://127.0.0.1:${second.address().port}`);
  await once(client.request({ ':path': '/', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }).resume(), 'end');
  client.close();
  second.close();
  show('http2');
}
main();
JS
seen=$(NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 timeout 60 node probe.cjs)

echo "instrumentation-http 0.223.0, ws 8.23.0: a GET, a WebSocket with two messages, a request of http2, each with a span of its own in the handler"
echo "expected: a SERVER span of each, with the handlers' spans below it"
echo "seen:"; echo "$seen"
[ "$seen" = "GET: GET CLIENT 200, GET SERVER 200, handler INTERNAL no code; traces: 1
WebSocket: GET CLIENT no code, handler INTERNAL no code, handler INTERNAL no code; traces: 3
http2: handler INTERNAL no code; traces: 1" ] || { echo "the behaviour changed"; exit 1; }
