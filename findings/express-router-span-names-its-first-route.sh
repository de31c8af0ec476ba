#!/bin/bash
# In Express 5 each request that passes a router has a span that is called after the first route that was written into it:
# "router - /orders/:id" for GET /api/refunds too, and for a path that no route takes, which is then the route "/api".
#
# Why it matters to who writes rules: a rule on spans named after /orders/:id is asked of every request of the router, and
# `exists(http.route)` holds for a scan of paths that do not exist.
#
# Expectation: the span of a router has the path that it is mounted on, and a request without a route has no http.route.
# Versions: @opentelemetry/instrumentation-express 0.71.1, -http 0.223.0, express 5.3.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-http@0.223.0 \
  @opentelemetry/instrumentation-express@0.71.1 express@5.3.0 >/dev/null

cat > probe.js <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()], tracerProvider: provider });
const express = require('express');

const app = express();
const router = express.Router();
router.get('/orders/:id', (_, answer) => answer.json({}));
router.get('/refunds', (_, answer) => answer.json({}));
app.use('/api', router);
const server = app.listen(0, '127.0.0.1', async () => {
  for (const path of ['/api/orders/7', '/api/refunds', '/api/passwords']) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}${path}`);
    await answer.text();
    for (let i = 0; i < 100 && !spans.getFinishedSpans().some((span) => span.kind === 1); i++) {
      await new Promise((done) => setTimeout(done, 10));
    }
    const found = spans.getFinishedSpans();
    const served = found.find((span) => span.kind === 1);
    const routers = found.filter((span) => span.attributes['express.type'] === 'router').map((span) => span.name);
    console.log(`${path} ${answer.status}: http.route ${served.attributes['http.route']}, spans [${routers}]`);
    spans.reset();
  }
  server.close();
  server.closeAllConnections();
});
JS
seen=$(node probe.js)

echo "instrumentation-express 0.71.1, express 5.3.0: a router at /api with the routes /orders/:id and /refunds"
echo "expected: a span called after /api, or after the route that was taken; no route for the last"
echo "seen:"; echo "$seen"
[ "$seen" = "/api/orders/7 200: http.route /api/orders/:id, spans [router - /orders/:id]
/api/refunds 200: http.route /api/refunds, spans [router - /orders/:id]
/api/passwords 404: http.route /api, spans [router - /orders/:id]" ] || { echo "the behaviour changed"; exit 1; }
