#!/bin/bash
# Deno makes OpenTelemetry's spans by itself (OTEL_DENO=true). A function that awaits a call of fetch where no span is current goes on
# with the span of that call, which is over, as the current one: the next calls lie below the first, as does each span that the
# program makes from there on. Where a span is current, as in the handler of a request, they are brothers, as they should be.
#
# Why it matters to who writes rules: a worker that polls in a loop has one trace for as long as it runs, whose root is its first call.
# All that it ever handles is one trace: "at most one charge a trace" breaks, and what a trace must have, some other order had.
#
# Expectation: a span that has ended is the parent of nothing that begins after it; each call without a span around it is a root.
# Versions: Deno 2.9.6 (@deno/linux-x64-glibc).
set -eu
work=$(mktemp -d); trap 'kill $receiver 2>/dev/null || true; rm -rf "$work"' EXIT; cd "$work"
receiver=
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @deno/linux-x64-glibc@2.9.6 >/dev/null
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
cat > worker.mts <<'TS'
const call = async (path: string) => { await (await fetch(`${Deno.args[0]}/${path}`)).text(); };
for (const order of ["order1", "order2", "order3"]) await call(order);
TS
cat > handler.mts <<'TS'
const call = async (path: string) => { await (await fetch(`${Deno.args[0]}/${path}`)).text(); };
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
  for (const order of ["order1", "order2", "order3"]) await call(order);
  return new Response("done");
});
await (await fetch(`http://127.0.0.1:${server.addr.port}/request`)).text();
await server.shutdown();
TS
cat > tell.cjs <<'JS'
const spans = require('fs').readFileSync('spans', 'utf8').trim().split('\n').flatMap((line) =>
  JSON.parse(line).resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)));
const name = (span) => `${span.kind === 2 ? 'handling of ' : ''}${new URL(span.attributes.find((one) => one.key === 'url.full').value.stringValue).pathname}`;
for (const span of spans.filter((one) => name(one).startsWith('/order')).sort((a, b) => (name(a) < name(b) ? -1 : 1))) {
  const parent = spans.find((one) => one.spanId === span.parentSpanId);
  console.log(`${process.argv[2]}: ${name(span)} ${parent ? `below ${name(parent)}` : 'is a root'}`);
}
JS
node receive.cjs & receiver=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export OTEL_DENO=true OTEL_EXPORTER_OTLP_PROTOCOL=http/json OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat port)
seen=$(for what in handler worker; do
  rm -f spans
  nice $deno run --no-remote --allow-net $what.mts "$OTEL_EXPORTER_OTLP_ENDPOINT"
  node tell.cjs $what
done)

echo "Deno 2.9.6: three calls one after the other, by the handler of a request and by a program without a span around them"
echo "expected: each below the handling of the request; three roots"
echo "seen:"; echo "$seen"
[ "$seen" = "handler: /order1 below handling of /request
handler: /order2 below handling of /request
handler: /order3 below handling of /request
worker: /order1 is a root
worker: /order2 below /order1
worker: /order3 below /order1" ] || { echo "the behaviour changed"; exit 1; }
