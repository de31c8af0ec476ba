#!/bin/bash
# A program with OpenTelemetry's instrumentations for Node runs under Bun as well, without a word: a server of node:http has its SERVER
# span, a call by node:http its CLIENT span. A call of `fetch` has no span and carries no traceparent, so that the trace ends there,
# since Bun's own fetch tells nobody of its calls; and a request to `Bun.serve` has no span and takes no traceparent in.
#
# Why it matters to who writes rules: a service that is moved from Node to Bun loses its calls from every trace while the rest goes on:
# "a charge asks the fraud service" is violated, what is forbidden is not seen, and the called services' spans are roots.
#
# Expectation: the same spans as under Node, or a warning that the instrumentation of fetch has nothing to hold on to.
# Versions: bun 1.4.4, @opentelemetry/instrumentation-undici 0.33.0, -http 0.223.0, sdk-trace-node 2.12.1; Node 20.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund bun@1.4.4 @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-http@0.223.0 \
  @opentelemetry/instrumentation-undici@0.33.0 >/dev/null

cat > probe.js <<'JS'
const { context, diag, DiagConsoleLogger, DiagLogLevel, propagation, SpanKind, trace } = require('@opentelemetry/api');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { once } = require('node:events');

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
const spans = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] });
const http = require('node:http');
const tracer = trace.getTracer('shop');

const calls = {
  'node:http': (url, headers) => new Promise((done) => http.get(url, { headers }, (answer) => answer.resume().on('end', done))),
  fetch: (url, headers) => fetch(url, { headers }).then((answer) => answer.text()),
};
const runtime = globalThis.Bun ? 'Bun' : 'Node';
const show = async (what, url, call, headers = {}) => {
  await tracer.startActiveSpan('request', async (request) => {
    if (what.includes('by hand')) propagation.inject(context.active(), headers);
    await call(url, headers);
    request.end();
  });
  const settled = () => spans.getFinishedSpans().some(({ kind }) => kind === SpanKind.SERVER);
  for (let i = 0; i < 20 && !settled(); i++) await new Promise((done) => setTimeout(done, 20));
  const found = spans.getFinishedSpans();
  const request = found.find(({ name }) => name === 'request').spanContext().traceId;
  const told = found.filter(({ name }) => name !== 'request').sort((one, other) => one.kind - other.kind).map((span) =>
    `${span.name === 'work' ? 'work' : SpanKind[span.kind]} ${span.spanContext().traceId === request ? 'in the trace' : 'in another trace'}`);
  console.log(`${runtime}, ${what}: ${told.join(', ')}`);
  spans.reset();
};
(async () => {
  const server = http.createServer((_, answer) => {
    tracer.startSpan('work').end();
    answer.end('paid');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;
  for (const name in calls) await show(`${name} calls node:http`, url, calls[name]);
  if (globalThis.Bun) {
    await show('fetch with headers by hand calls node:http', url, calls.fetch);
    const bun = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch() {
      tracer.startSpan('work').end();
      return new Response('paid');
    } });
    await show('node:http calls Bun.serve', `http://127.0.0.1:${bun.port}/`, calls['node:http']);
  }
  process.exit(0);
})();
JS
seen=$(timeout 60 node probe.js 2>&1 && timeout 60 node_modules/.bin/bun probe.js 2>&1)

echo "bun 1.4.4, instrumentation-undici 0.33.0: spans of calls within a request"
echo "expected: CLIENT, SERVER and the work in the trace, each time"
echo "seen:"; echo "$seen"
[ "$seen" = "Node, node:http calls node:http: work in the trace, SERVER in the trace, CLIENT in the trace
Node, fetch calls node:http: work in the trace, SERVER in the trace, CLIENT in the trace
Bun, node:http calls node:http: work in the trace, SERVER in the trace, CLIENT in the trace
Bun, fetch calls node:http: work in another trace, SERVER in another trace
Bun, fetch with headers by hand calls node:http: work in the trace, SERVER in the trace
Bun, node:http calls Bun.serve: work in another trace, CLIENT in the trace" ] || { echo "the behaviour changed"; exit 1; }
