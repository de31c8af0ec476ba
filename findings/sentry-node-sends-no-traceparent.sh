#!/bin/bash
# Sentry's SDK for Node, in its tenth version, is built on OpenTelemetry and hands its spans to a processor of one's own. Its calls carry
# `sentry-trace` and no `traceparent`: a service behind it that knows the W3C's header alone begins a trace of its own. A call of fetch
# that no span surrounds, as of a timer, has no span at all, though all is sampled; an answer of 404 is an ERROR at the server too.
#
# Why it matters to who writes rules: traces end at each service with Sentry, where nobody asked for anything but reports of errors;
# "each call has a span" fails by which code made it; and a path that is not there is a failure of the service.
#
# Expectation: traceparent, as OpenTelemetry's SDK sends it; a root span of kind CLIENT; 404 UNSET at the server.
# Versions: @sentry/node 10.78.0, @opentelemetry/sdk-trace-base 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @sentry/node@10.78.0 >/dev/null

cat > probe.js <<'JS'
const Sentry = require('@sentry/node');
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');

const spans = new InMemorySpanExporter();
Sentry.init({
  dsn: 'http://public@127.0.0.1/1',
  transport: () => ({ send: async () => ({}), flush: async () => true }),
  tracesSampleRate: 1,
  propagateTraceparent: process.argv[2] === 'asked',
  openTelemetrySpanProcessors: [new SimpleSpanProcessor(spans)],
});
const { trace } = require('@opentelemetry/api');
const http = require('http');

const kinds = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
let carried;
const server = http.createServer((request, answer) => {
  carried = ['traceparent', 'sentry-trace'].filter((name) => request.headers[name]);
  answer.statusCode = request.url === '/none' ? 404 : 200;
  answer.end('order');
});

async function tell(title, work) {
  await work();
  for (let i = 0; i < 100 && !spans.getFinishedSpans().some((span) => span.kind === 1); i++) {
    await new Promise((done) => setTimeout(done, 10));
  }
  const told = spans.getFinishedSpans().filter((span) => span.kind).sort((one, other) => one.kind - other.kind)
    .map((span) => `${span.name} ${kinds[span.kind]} ${['UNSET', 'OK', 'ERROR'][span.status.code]}`);
  console.log(`${title}: carried [${carried}], ${told.join(', ')}`);
  spans.reset();
}

server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const ask = async (path) => (await fetch(url + path)).text();
  const within = (work) => trace.getTracer('shop').startActiveSpan('job', async (span) => {
    await work();
    span.end();
  });
  await tell('within a span', () => within(() => ask('/')));
  if (process.argv[2] !== 'asked') {
    await tell('within none', () => ask('/'));
    await tell('a path that is not there', () => within(() => ask('/none')));
  }
  process.exit(0);
});
JS
seen=$(timeout 60 node probe.js)
asked=$(timeout 60 node probe.js asked)

echo "@sentry/node 10.78.0: calls of fetch between two services"
echo "expected: traceparent, a CLIENT and a SERVER span of each, the server's UNSET"
echo "seen:"; echo "$seen"
echo "seen with propagateTraceparent:"; echo "$asked"
[ "$seen" = "within a span: carried [sentry-trace], GET / SERVER OK, GET CLIENT UNSET
within none: carried [sentry-trace], GET / SERVER OK
a path that is not there: carried [sentry-trace], GET /none SERVER ERROR, GET CLIENT ERROR" ] || { echo "the behaviour changed"; exit 1; }
[ "$asked" = "within a span: carried [traceparent,sentry-trace], GET / SERVER OK, GET CLIENT UNSET" ] || { echo "the behaviour changed"; exit 1; }
