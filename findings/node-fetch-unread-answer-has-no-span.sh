#!/bin/bash
# Node's instrumentation of fetch ends a span with the last byte of the answer, and that byte is not fetched before the program reads
# the body. A program that looks at `response.ok` alone, and not at the body, leaves a span that does not end, where the body
# has more than 16 KiB. It ends when the memory of the answer is collected, at once or some time later: a call answered with 200 is
# then an ERROR with an exception event, and as long as memory was enough. A program that ends before sends no span of the call.
#
# Why it matters to who writes rules: the webhook that is only asked whether it took the message is the call that nobody sees, or
# that fails minutes later; whether it does depends on the size of the other side's page.
#
# Expectation: the span of a call that was answered ends, however much of the answer is read.
# Versions: @opentelemetry/instrumentation-undici 0.33.0, sdk-trace-node 2.12.1, Node 20.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-undici@0.33.0 >/dev/null

cat > probe.cjs <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const http = require('node:http');
const { setTimeout: passes } = require('node:timers/promises');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ tracerProvider: provider, instrumentations: [new UndiciInstrumentation()] });
const STATUS = ['UNSET', 'OK', 'ERROR'];

const tell = (what) => {
  const told = spans.getFinishedSpans().map((span) => {
    const code = span.attributes['http.response.status_code'];
    const events = span.events.map((event) => event.name);
    const seconds = Math.round(span.duration[0] + span.duration[1] / 1e9);
    return `${span.name} ${code} ${STATUS[span.status.code]} [${events}] ${seconds} s`;
  });
  console.log(`${what}: ${told.join(', ') || 'no span'}`);
  spans.reset();
};

(async () => {
  const server = http.createServer((request, response) => response.end('x'.repeat(Number(request.url.slice(1)))));
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const base = `http://127.0.0.1:${server.address().port}/`;
  let held; // Keeps memory from being collected until this program says so.
  const ask = async (size, read) => {
    held = await fetch(base + size);
    if (read) await read(held);
    return held.ok;
  };
  await ask(100);
  await passes(200);
  tell('100 bytes, unread');
  await ask(40000, (response) => response.arrayBuffer());
  await passes(200);
  tell('40000 bytes, read');
  await ask(40000, (response) => response.body.cancel());
  await passes(200);
  tell('40000 bytes, cancelled');
  await ask(40000);
  await passes(3000);
  tell('40000 bytes, unread');
  held = undefined;
  for (let tries = 0; tries < 20 && spans.getFinishedSpans().length === 0; tries++) {
    global.gc();
    await passes(100);
  }
  tell('when memory is collected');
  process.exit(0);
})();
JS
seen=$(node --expose-gc probe.cjs)

echo "instrumentation-undici 0.33.0: answers of fetch with 200 of which the status alone is looked at, or the body too"
echo "expected: GET 200 UNSET of no length, but for the last line"
echo "seen:"; echo "$seen"
[ "$seen" = "100 bytes, unread: GET 200 UNSET [] 0 s
40000 bytes, read: GET 200 UNSET [] 0 s
40000 bytes, cancelled: GET 200 UNSET [] 0 s
40000 bytes, unread: no span
when memory is collected: GET 200 ERROR [exception] 3 s" ] || { echo "the behaviour changed"; exit 1; }
