#!/bin/bash
# An answer that breaks off halfway: the program that reads it by Node's http gets the error "aborted", but its client span
# is UNSET with code 200 and without error.type, as the server's is. The same call by fetch is an ERROR.
#
# Why it matters to who writes rules: "a failed call is followed by a retry or an apology" does not see the failure of
# clients on http, which are most (axios, got, SDKs of clouds), and sees it for those on fetch.
#
# Expectation: a span whose request ended in an error that its caller got is an ERROR, whichever client made it.
# Versions: @opentelemetry/instrumentation-http 0.223.0, @opentelemetry/instrumentation-undici 0.33.0, sdk-trace-node 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/sdk-trace-node@2.12.1 @opentelemetry/instrumentation@0.223.0 \
  @opentelemetry/instrumentation-http@0.223.0 @opentelemetry/instrumentation-undici@0.33.0 >/dev/null

cat > probe.cjs <<'JS'
const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");
const { InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const { registerInstrumentations } = require("@opentelemetry/instrumentation");
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
const { UndiciInstrumentation } = require("@opentelemetry/instrumentation-undici");
const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] });
const http = require("http");

const server = http.createServer((request, response) => {
  response.writeHead(200, { "content-length": 8 });
  response.write("half", () => response.destroy());
});
const byHttp = (address) =>
  new Promise((done) => {
    let error = "no error";
    http.get(address, (response) => {
      response.on("data", () => {});
      response.on("error", (fault) => (error = fault.message));
      response.on("close", () => done(error));
    });
  });
const byFetch = (address) =>
  fetch(address).then((response) => response.text()).then(() => "no error", (fault) => fault.message);

server.listen(0, "127.0.0.1", async () => {
  for (const [name, call] of [["http", byHttp], ["fetch", byFetch]]) {
    spans.reset();
    const got = await call(`http://127.0.0.1:${server.address().port}/export`);
    while (!spans.getFinishedSpans().some((span) => span.kind === 2)) await new Promise(setImmediate);
    const { status, attributes } = spans.getFinishedSpans().find((span) => span.kind === 2);
    const code = attributes["http.response.status_code"] ?? attributes["http.status_code"];
    console.log(`${name}: the caller gets "${got}"; client span ${["UNSET", "OK", "ERROR"][status.code]} ${code}`);
  }
  server.close();
  process.exit();
});
JS
seen=$(NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 timeout 60 node probe.cjs)

echo "instrumentation-http 0.223.0 and -undici 0.33.0: an answer of 8 bytes that breaks off after 4"
echo "expected: ERROR of both"
echo "seen:"; echo "$seen"
[ "$seen" = 'http: the caller gets "aborted"; client span UNSET 200
fetch: the caller gets "terminated"; client span ERROR 200' ] || { echo "the behaviour changed"; exit 1; }
