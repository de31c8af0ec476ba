#!/bin/bash
# A request to Hono, with its own OpenTelemetry middleware and Node's http instrumentation, is two SERVER spans which are
# brothers: both name the caller as parent. One has the route and no path, the other the path and no route. service.name
# is an attribute of the span.
#
# Why it matters to who writes rules: counts of requests double; no rule that asks for path and route, or address and
# route, ever holds on one span; "the root has one server child" fails.
#
# Expectation: framework instrumentations put the route on the server span that is there, or make an INTERNAL child.
# Versions: @hono/otel 1.1.2, hono 4.13.19, @hono/node-server 2.1.9, @opentelemetry/instrumentation-http 0.223.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts hono@4.13.19 @hono/otel@1.1.2 @hono/node-server@2.1.9 \
  @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 @opentelemetry/instrumentation@0.223.0 \
  @opentelemetry/instrumentation-http@0.223.0 >/dev/null
cat > serve.cjs <<'JS'
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ tracerProvider: provider, instrumentations: [new HttpInstrumentation()] });
const http = require('http');

(async () => {
  const { getRequestListener } = await import('@hono/node-server');
  const { httpInstrumentationMiddleware } = await import('@hono/otel');
  const { Hono } = await import('hono');
  const app = new Hono();
  app.use(httpInstrumentationMiddleware({ serviceName: 'users' }));
  app.get('/users/:id', answer => answer.text('ok'));
  const server = http.createServer(getRequestListener(app.fetch));
  await new Promise(ready => server.listen(0, '127.0.0.1', ready));
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await (await fetch(`http://127.0.0.1:${server.address().port}/users/7`, { headers: { traceparent } })).text();
  server.closeAllConnections();
  await new Promise(closed => server.close(closed));
  const lines = spans.getFinishedSpans().map(({ kind, attributes: a, parentSpanContext }) =>
    `kind ${kind}, child of the caller ${parentSpanContext?.spanId === 'b7ad6b7169203331'}, ` +
    `http.route ${a['http.route']}, url.path ${a['url.path']}, service.name ${a['service.name']}`);
  console.log(lines.sort().join('\n'));
})();
JS
seen=$(node serve.cjs)

echo "@hono/otel 1.1.2 with instrumentation-http 0.223.0: one request with a traceparent (kind 1 is SERVER)"
echo "expected: one SERVER span with route and path"
echo "seen:"; echo "$seen"
[ "$seen" = "kind 1, child of the caller true, http.route /users/:id, url.path undefined, service.name users
kind 1, child of the caller true, http.route undefined, url.path /users/7, service.name undefined" ] || { echo "the behaviour changed"; exit 1; }
