#!/bin/bash
# A request that hapi refuses before the handler, by an auth scheme or by an extension that takes over, has a SERVER span without
# `http.route`, called by its method alone, though hapi knows the route by then. Where a handler throws Boom's 404 the handler's span is
# an ERROR with an exception event; where it returns the same 404 it is UNSET.
#
# Why it matters to who writes rules: a rule on the requests of a route does not see those that were refused, the very ones that a rule
# on access is about; "no span failed" depends on whether one wrote throw or return.
#
# Expectation: the route on each request of a known route, and one status for one answer.
# Versions: @opentelemetry/instrumentation-hapi 0.69.0, -http 0.223.0, @hapi/hapi 21.4.10, @hapi/boom 10.0.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-http@0.223.0 \
  @opentelemetry/instrumentation-hapi@0.69.0 @hapi/hapi@21.4.10 @hapi/boom@10.0.1 >/dev/null

cat > probe.js <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { HapiInstrumentation } = require('@opentelemetry/instrumentation-hapi');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new HapiInstrumentation()], tracerProvider: provider });
const Boom = require('@hapi/boom');
const Hapi = require('@hapi/hapi');

const status = (span) => `${['UNSET', 'OK', 'ERROR'][span.status.code]}${span.events.length ? ' with an event' : ''}`;

function handler(request) {
  if (request.params.id === 'thrown') throw Boom.notFound();
  return request.params.id === 'returned' ? Boom.notFound() : 'order';
}

(async () => {
  const server = Hapi.server({ port: 0, host: '127.0.0.1', debug: false });
  server.auth.scheme('key', () => ({
    authenticate: (request, answer) => {
      if (request.headers.key === 'stranger') throw Boom.unauthorized();
      return answer.authenticated({ credentials: {} });
    },
  }));
  server.auth.strategy('key', 'key');
  server.ext('onPreHandler', (request, answer) => (
    request.headers.key === 'guest' ? answer.response('refused').code(403).takeover() : answer.continue));
  server.route({ method: 'GET', path: '/orders/{id}', options: { auth: 'key' }, handler });
  await server.start();
  for (const [id, key] of [['7', 'owner'], ['7', 'stranger'], ['7', 'guest'], ['thrown', 'owner'], ['returned', 'owner']]) {
    const answer = await fetch(`${server.info.uri}/orders/${id}`, { headers: { key } });
    await answer.text();
    for (let i = 0; i < 100 && !spans.getFinishedSpans().some((span) => span.kind === 1); i++) {
      await new Promise((done) => setTimeout(done, 10));
    }
    const found = spans.getFinishedSpans();
    const served = found.find((span) => span.kind === 1);
    const handled = found.find((span) => span.name.startsWith('route'));
    const told = `${served.name} ${status(served)}, http.route ${served.attributes['http.route']}`;
    console.log(`${id} by ${key}, ${answer.status}: ${told}${handled ? `; handler ${status(handled)}` : ''}`);
    spans.reset();
  }
  await server.stop({ timeout: 10 });
})();
JS
seen=$(node probe.js)

echo "instrumentation-hapi 0.69.0, @hapi/hapi 21.4.10: requests of /orders/{id}, some of them refused"
echo "expected: http.route on each, and one status of the handler for 404"
echo "seen:"; echo "$seen"
[ "$seen" = "7 by owner, 200: GET /orders/{id} UNSET, http.route /orders/{id}; handler UNSET
7 by stranger, 401: GET UNSET, http.route undefined
7 by guest, 403: GET UNSET, http.route undefined
thrown by owner, 404: GET /orders/{id} UNSET, http.route /orders/{id}; handler ERROR with an event
returned by owner, 404: GET /orders/{id} UNSET, http.route /orders/{id}; handler UNSET" ] || { echo "the behaviour changed"; exit 1; }
