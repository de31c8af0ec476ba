#!/bin/bash
# A DataLoader gathers what a request asks for one by one, and asks the database once. With OpenTelemetry's instrumentation each `load`
# is a CLIENT span, also of a key that was asked for before and is answered from the memory of the process, and `loadMany` and `clear`
# are too. The one query lies below the first `load` that began the batch; where the loader is shared, in the trace of one request alone.
#
# Why it matters to who writes rules: "at most ten client calls a request", the rule that finds a query in a loop, is violated by the
# program that has mended it; and `inside` of all loads but the first there is no query.
#
# Expectation: a CLIENT span for what leaves the process; INTERNAL ones, if any, for the rest.
# Versions: @opentelemetry/instrumentation-dataloader 0.40.0, dataloader 2.2.3.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-dataloader@0.40.0 dataloader@2.2.3 >/dev/null

cat > probe.js <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { DataloaderInstrumentation } = require('@opentelemetry/instrumentation-dataloader');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ instrumentations: [new DataloaderInstrumentation()], tracerProvider: provider });
const DataLoader = require('dataloader');

const tracer = provider.getTracer('shop');
const kinds = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/** A loader whose batch is one query. */
const loader = () => new DataLoader(async (keys) => {
  tracer.startActiveSpan('query', (span) => span.end());
  return keys;
});

const request = (name, work) => tracer.startActiveSpan(name, async (span) => {
  await work();
  span.end();
});

function tell(title) {
  const found = spans.getFinishedSpans();
  const counts = {};
  for (const span of found) {
    const key = `${span.name} ${kinds[span.kind]}`;
    counts[key] = (counts[key] || 0) + 1;
  }
  const roots = Object.fromEntries(found.filter((span) => !span.parentSpanContext).map((span) => [span.spanContext().traceId, span.name]));
  const where = found.filter((span) => span.name === 'query').map((span) => roots[span.spanContext().traceId]);
  const told = Object.keys(counts).sort().map((key) => `${key} ${counts[key]}`);
  console.log(`${title}: ${told.join(', ')}; the query in the trace of ${where}`);
  spans.reset();
}

(async () => {
  const own = loader();
  await request('order', async () => {
    await Promise.all(['1', '2', '3'].map((key) => own.load(key)));
    await own.load('1');
    await own.loadMany(['2', '3']);
    own.clear('1');
  });
  tell('three items, asked for twice');
  const shared = loader();
  await Promise.all(['order 1', 'order 2'].map((name) => request(name, () => shared.load(name))));
  tell('two requests at once');
})();
JS
seen=$(node probe.js)

echo "instrumentation-dataloader 0.40.0, dataloader 2.2.3: three items of one request, which are asked for twice, and two requests at once"
echo "expected: one call of the database, and nothing else that is CLIENT"
echo "seen:"; echo "$seen"
[ "$seen" = "three items, asked for twice: dataloader.batch INTERNAL 1, dataloader.clear CLIENT 1, dataloader.load CLIENT 6, dataloader.loadMany CLIENT 1, order INTERNAL 1, query INTERNAL 1; the query in the trace of order
two requests at once: dataloader.batch INTERNAL 1, dataloader.load CLIENT 2, order 1 INTERNAL 1, order 2 INTERNAL 1, query INTERNAL 1; the query in the trace of order 1" ] || { echo "the behaviour changed"; exit 1; }
