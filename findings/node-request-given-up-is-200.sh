#!/bin/bash
# A caller that goes away before it is answered leaves a server span with the code 200 and no error in Node: the code is that of a
# response that nobody has begun to write. It is so for one whose handler would have answered 503, and the span ends as the caller
# leaves, while the handler is still at work.
#
# Why it matters to who writes rules: "each payment that was answered with 200 has a charge" fires for payments that were never
# answered, a share of good answers counts them as good, and what the handler still does lies outside the time of its parent.
#
# Expectation: no code where no answer was sent, and an error.type that says that the caller left.
# Versions: @opentelemetry/instrumentation-http 0.223.0, sdk-trace-node 2.12.1, Node 20.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-http@0.223.0 >/dev/null

cat > probe.cjs <<'JS'
const net = require('net');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ tracerProvider: provider, instrumentations: [new HttpInstrumentation()] });
const http = require('http');
const wait = (time) => new Promise((done) => setTimeout(done, time));

const handlers = { '/pay': 200, '/overloaded': 503 };
const server = http.createServer(async (request, response) => {
  await wait(1000);
  provider.getTracer('shop').startSpan('charge').end();
  response.statusCode = handlers[request.url];
  response.end('done');
});
server.listen(0, '127.0.0.1', async () => {
  for (const path of Object.keys(handlers)) {
    const caller = net.connect(server.address().port, '127.0.0.1');
    caller.write(`GET ${path} HTTP/1.1\r\nhost: shop\r\n\r\n`);
    await wait(300);
    caller.destroy();
    await wait(1500);
    const [request, charge] = spans.getFinishedSpans();
    const late = charge.parentSpanContext.spanId === request.spanContext().spanId && charge.startTime[0] * 1e9 + charge.startTime[1] > request.endTime[0] * 1e9 + request.endTime[1];
    console.log(`${path}: code ${request.attributes['http.response.status_code']}, status ${request.status.code}, ` +
      `error.type ${request.attributes['error.type']}, events ${request.events.length}, charge below it and after its end ${late}`);
    spans.reset();
  }
  server.close();
});
JS
seen=$(OTEL_SEMCONV_STABILITY_OPT_IN=http node probe.cjs)

echo "instrumentation-http 0.223.0: callers who leave after 0.3 s, handlers that would answer 200 and 503 after 1 s (status 0 is UNSET)"
echo "expected: no code"
echo "seen:"; echo "$seen"
[ "$seen" = "/pay: code 200, status 0, error.type undefined, events 0, charge below it and after its end true
/overloaded: code 200, status 0, error.type undefined, events 0, charge below it and after its end true" ] || { echo "the behaviour changed"; exit 1; }
