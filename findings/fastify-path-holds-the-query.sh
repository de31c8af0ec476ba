#!/bin/bash
# Fastify's own OpenTelemetry plugin writes the whole request target, query string and all, into url.path. fetch's
# instrumentation keeps the two apart but writes the "?" into url.query, and an empty url.query where there is none; its
# error.type for a timeout is the number 23.
#
# Why it matters to who writes rules: url.path == "/orders" fails as soon as there is a parameter; a token in a query is
# found by no rule on url.query; exists(url.query) holds always; error.type == "..." compares text with a number.
#
# Expectation: the conventions: url.path and url.query are the components of those names in the URI standard, where the
# query begins after the "?"; error.type is a text.
# Versions: @fastify/otel 0.21.2, fastify 5.12.8, @opentelemetry/instrumentation-undici 0.33.0, Node 20 or later.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts fastify@5.12.8 @fastify/otel@0.21.2 @opentelemetry/api@1.9.1 \
  @opentelemetry/sdk-trace-node@2.12.1 @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-undici@0.33.0 >/dev/null
cat > serve.mjs <<'JS'
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import Fastify from 'fastify';

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const fastify = new FastifyOtelInstrumentation();
registerInstrumentations({ tracerProvider: provider, instrumentations: [fastify, new UndiciInstrumentation()] });
const app = Fastify();
await app.register(fastify.plugin());
app.get('/orders', async () => 'ok');
app.get('/slow', async () => { await new Promise(go => setTimeout(go, 3000)); return 'late'; });
await app.listen({ port: 0, host: '127.0.0.1' });
const base = `http://127.0.0.1:${app.server.address().port}`;
await (await fetch(`${base}/orders?page=2`)).text();
await (await fetch(`${base}/orders`)).text();
await fetch(`${base}/slow`, { signal: AbortSignal.timeout(500) }).catch(() => undefined);
await app.close();
const quote = value => JSON.stringify(value);
for (const { name, attributes: a } of spans.getFinishedSpans()) {
  if (name === 'request' && a['http.route'] === '/orders') console.log('server url.path', quote(a['url.path']));
  if (name === 'GET') console.log('client url.path', quote(a['url.path']), 'url.query', quote(a['url.query']), 'error.type', quote(a['error.type']));
}
JS
seen=$(node serve.mjs)

echo "@fastify/otel 0.21.2 and instrumentation-undici 0.33.0: GET /orders?page=2, GET /orders, a timeout"
echo 'expected: server "/orders" twice; url.query "page=2", then none; error.type a text'
echo "seen:"; echo "$seen"
[ "$seen" = 'server url.path "/orders?page=2"
client url.path "/orders" url.query "?page=2" error.type undefined
server url.path "/orders"
client url.path "/orders" url.query "" error.type undefined
client url.path "/slow" url.query "" error.type 23' ] || { echo "the behaviour changed"; exit 1; }
