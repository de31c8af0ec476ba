#!/bin/bash
# Genkit makes spans with OpenTelemetry by itself. Its outermost span, of a flow or of a call of `generate`, is begun as the root of a
# trace, whatever span is current: what a request has a model and its tools do lies in a trace beside that of the request, with no link
# between the two, and what the tools call lies there as well.
#
# Why it matters to who writes rules: no rule about a request sees its model's calls, its tools or the services these ask, and each run
# of Genkit looks as if nobody had asked for it.
#
# Expectation: the run lies below the span that is current, as with any tracer.
# Versions: genkit 1.42.0, with @opentelemetry/sdk-trace-node 1.25.1, which it brings along.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts genkit@1.42.0 @opentelemetry/api@1.9.1 \
  @opentelemetry/sdk-trace-node@1.25.1 >/dev/null

cat > probe.js <<'JS'
const { trace } = require('@opentelemetry/api');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider();
provider.addSpanProcessor(new SimpleSpanProcessor(spans));
provider.register();
const { genkit, z } = require('genkit');
const { disableOTelRootSpanDetection } = require('genkit/tracing');

const ai = genkit({});
const tracer = trace.getTracer('shop');
// A model that asks for the tool and, told what it did, says so.
ai.defineModel({ name: 'model', supports: { tools: true } }, async ({ messages }) => ({
  finishReason: 'stop',
  message: { role: 'model', content: [messages.at(-1).role === 'tool' ? { text: 'paid' } : { toolRequest: { name: 'pay', input: {} } }] },
}));
const pay = ai.defineTool({ name: 'pay', description: 'Pays.', inputSchema: z.any(), outputSchema: z.any() }, async () => {
  tracer.startSpan('call of the bank').end();
  return 'paid';
});
const order = ai.defineFlow('order', async () => (await ai.generate({ model: 'model', prompt: 'Pay.', tools: [pay] })).text);

const show = async (what) => {
  await tracer.startActiveSpan('request', async (request) => {
    await order();
    request.end();
  });
  const found = spans.getFinishedSpans();
  const request = found.find(({ name }) => name === 'request').spanContext();
  for (const name of ['order', 'pay', 'call of the bank']) {
    const span = found.find((other) => other.name === name);
    const parent = found.find((other) => other.spanContext().spanId === span.parentSpanId)?.name ?? 'nothing';
    const where = span.spanContext().traceId === request.traceId ? "the request's trace" : 'another trace';
    console.log(`${what}: ${name} below ${parent}, in ${where}, ${span.links.length} links`);
  }
  spans.reset();
};
(async () => {
  await show('as it comes');
  disableOTelRootSpanDetection();
  await show('told not to');
  process.exit(0);
})();
JS
seen=$(GENKIT_ENV=prod timeout 60 node probe.js)

echo "genkit 1.42.0: a flow in a request, whose model calls a tool"
echo "expected: all in the request's trace"
echo "seen:"; echo "$seen"
[ "$seen" = "as it comes: order below nothing, in another trace, 0 links
as it comes: pay below generate, in another trace, 0 links
as it comes: call of the bank below pay, in another trace, 0 links
told not to: order below request, in the request's trace, 0 links
told not to: pay below generate, in the request's trace, 0 links
told not to: call of the bank below pay, in the request's trace, 0 links" ] || { echo "the behaviour changed"; exit 1; }
