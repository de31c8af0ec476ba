#!/bin/bash
# Deno makes OpenTelemetry's spans by itself (OTEL_DENO=true), a SERVER span also of each request to a server of node:http, which is what
# Express and most frameworks of npm stand on. What the handler of such a request does is not below that span: each span that it makes
# is the root of a trace of its own, and so is each call. With Deno.serve they are below it.
#
# Why it matters to who writes rules: the request is in the caller's trace and is empty; the order that it took, and the charge after
# it, are traces without a request. What must be "in the same trace" never is.
#
# Expectation: the span of a request is the current one for its handler, as it is in Node with its instrumentation of http.
# Versions: Deno 2.9.6 (@deno/linux-x64-glibc), express 5.3.0, with @opentelemetry/api 1.9.1.
set -eu
work=$(mktemp -d); trap 'kill $started 2>/dev/null || true; rm -rf "$work"' EXIT; cd "$work"
started=
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @deno/linux-x64-glibc@2.9.6 express@5.3.0 @opentelemetry/api@1.9.1 >/dev/null
deno=node_modules/@deno/linux-x64-glibc/deno
chmod +x $deno

# Answers every request, and keeps the traces that come in OTLP in JSON.
cat > receive.cjs <<'JS'
const fs = require('fs');
const server = require('http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    if (request.url === '/v1/traces') fs.appendFileSync('spans', JSON.stringify(JSON.parse(body)) + '\n');
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => fs.writeFileSync('port', `${server.address().port}`));
JS
cat > shop.mts <<'TS'
import http from "node:http";
import express from "express";
import { trace } from "@opentelemetry/api";

const bank = Deno.args[0];
async function order(by: string) {
  trace.getTracer("shop").startSpan(`order by ${by}`).end();
  await (await fetch(`${bank}/charge-by-${by}`)).text();
}

const listens = (server: http.Server) => new Promise<number>((done) =>
  server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port)));
const plain = http.createServer(async (_, response) => { await order("node:http"); response.end(); });
const app = express();
app.get("/request-by-express", async (_, response) => { await order("express"); response.end(); });
const framework = http.createServer(app);
const own = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => { await order("Deno.serve"); return new Response(); });

await Deno.writeTextFile("ports", `${own.addr.port} ${await listens(plain)} ${await listens(framework)}\n`);
Deno.addSignalListener("SIGTERM", () => Deno.exit());
TS
cat > ask.cjs <<'JS'
const [own, plain, framework] = require('fs').readFileSync('ports', 'utf8').trim().split(' ');
(async () => {
  await (await fetch(`http://127.0.0.1:${own}/request-by-Deno.serve`)).text();
  await (await fetch(`http://127.0.0.1:${plain}/request-by-node:http`)).text();
  await (await fetch(`http://127.0.0.1:${framework}/request-by-express`)).text();
})();
JS
cat > tell.cjs <<'JS'
const spans = require('fs').readFileSync('spans', 'utf8').trim().split('\n').flatMap((line) =>
  JSON.parse(line).resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)));
const path = (span) => span.attributes.find((one) => one.key === 'url.path')?.value.stringValue.slice(1) ?? '';
for (const by of ['Deno.serve', 'node:http', 'express']) {
  const request = spans.find((one) => one.kind === 2 && path(one) === `request-by-${by}`);
  const told = [['order', spans.find((one) => one.name === `order by ${by}`)], ['charge', spans.find((one) => path(one) === `charge-by-${by}`)]]
    .map(([what, span]) => `${what} ${span.parentSpanId === request.spanId ? 'below the request'
      : span.traceId === request.traceId ? 'beside it' : 'in another trace'}`);
  console.log(`${by}: ${told.join(', ')}`);
}
JS
node receive.cjs & started=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export OTEL_DENO=true OTEL_EXPORTER_OTLP_PROTOCOL=http/json OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat port)
nice $deno run --no-remote --allow-net --allow-env --allow-read --allow-write --allow-sys shop.mts "$OTEL_EXPORTER_OTLP_ENDPOINT" & shop=$!
started="$started $shop"
for _ in $(seq 300); do [ -s ports ] && break; sleep 0.1; done
node ask.cjs
kill $shop; wait $shop || true
seen=$(node tell.cjs)

echo "Deno 2.9.6: a span and a call, made by the handler of a request"
echo "expected: below the request"
echo "seen:"; echo "$seen"
[ "$seen" = "Deno.serve: order below the request, charge below the request
node:http: order in another trace, charge in another trace
express: order in another trace, charge in another trace" ] || { echo "the behaviour changed"; exit 1; }
