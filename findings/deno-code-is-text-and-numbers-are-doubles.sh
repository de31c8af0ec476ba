#!/bin/bash
# Deno makes OpenTelemetry's spans by itself (OTEL_DENO=true). In its spans of requests http.response.status_code is a text, "500".
# A number that a program sets is a double, also 3. A handler that throws leaves no exception event, neither does a call that fails:
# of the one no span tells what was thrown, of the other exception.type and its message are attributes of the span.
#
# Why it matters to who writes rules: what tail sampling asks of integers, and a filter by `>= 500`, holds for no request, so that those
# that failed never come to the rules. A rule that looks for events called "exception" finds that nothing was ever thrown.
#
# Expectation: the conventions have the code as an integer and exceptions as events, and Node's SDK sends 3 as an integer.
# Versions: Deno 2.9.6 (@deno/linux-x64-glibc), with @opentelemetry/api 1.9.1.
set -eu
work=$(mktemp -d); trap 'kill $receiver 2>/dev/null || true; rm -rf "$work"' EXIT; cd "$work"
receiver=
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @deno/linux-x64-glibc@2.9.6 @opentelemetry/api@1.9.1 >/dev/null
deno=node_modules/@deno/linux-x64-glibc/deno
chmod +x $deno

# Keeps the traces that come in OTLP in JSON.
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
import { trace } from "@opentelemetry/api";

const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {}, onError: () => new Response("no", { status: 500 }) }, () => {
  trace.getTracer("shop").startSpan("order", { attributes: { items: 3 } }).end();
  throw new TypeError("sold out");
});
const port = server.addr.port;
await (await fetch(`http://127.0.0.1:${port}/`)).text();
await server.shutdown();
await fetch(`http://127.0.0.1:${port}/`).catch(() => {});
TS
cat > tell.cjs <<'JS'
const kinds = { 2: 'handling', 3: 'call' };
const spans = require('fs').readFileSync('spans', 'utf8').trim().split('\n').flatMap((line) =>
  JSON.parse(line).resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)));
console.log(spans.map((span) => `${kinds[span.kind] ?? span.name}: ` + [
  ...span.attributes.filter(({ key }) => /^(items|http.response|exception.type)/.test(key))
    .map(({ key, value }) => `${key} ${Object.keys(value)[0]} ${Object.values(value)[0]}`).sort(),
  `${span.events?.length ?? 0} events`].join(', ')).sort().join('\n'));
JS
node receive.cjs & receiver=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export OTEL_DENO=true OTEL_EXPORTER_OTLP_PROTOCOL=http/json OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat port)
nice $deno run --no-remote --allow-net --allow-env --allow-read shop.mts
seen=$(node tell.cjs)

echo "Deno 2.9.6: a request whose handler sets the number 3 and throws, and a call of a server that is not there"
echo "expected: intValue of each number, and an event of the handling and of the second call"
echo "seen:"; echo "$seen"
[ "$seen" = "call: exception.type stringValue TypeError, 0 events
call: http.response.status_code stringValue 500, 0 events
handling: http.response.status_code stringValue 500, 0 events
order: items doubleValue 3, 0 events" ] || { echo "the behaviour changed"; exit 1; }
