#!/bin/bash
# A receiver that takes a request but refuses spans of it says so in its answer (partial success, with how many and why).
# Python's exporter does not read it: the batch is a SUCCESS, and nothing is logged. Node's logs a warning.
#
# Why it matters to who writes rules: traces arrive with holes, and neither the application's log nor the exporter's own
# counts know of any: where spans are missing has to be told from the traces, by orphans and missing roots.
#
# Expectation: the exporter logs what was refused, as OTLP's pages ask of a client.
# Versions: opentelemetry-exporter-otlp-proto-http 1.45.1 (Python), @opentelemetry/exporter-trace-otlp-http 0.223.1 (Node).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-exporter-otlp-proto-http==1.45.1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/exporter-trace-otlp-http@0.223.1

cat > receiver.cjs <<'JS'
const text = Buffer.from("no room for them");
const protobuf = Buffer.concat([Buffer.from([0x0a, text.length + 4, 0x08, 1, 0x12, text.length]), text]);
const json = JSON.stringify({ partialSuccess: { rejectedSpans: 1, errorMessage: String(text) } });
const server = require("http").createServer((request, response) => {
  const type = request.headers["content-type"];
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": type });
    response.end(type === "application/json" ? json : protobuf);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
cat > probe.py <<'PY'
import logging
import sys

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider

logged = []
handler = logging.Handler()
handler.emit = lambda record: logged.append(record.getMessage())
logging.basicConfig(level=logging.DEBUG, handlers=[handler])
span = TracerProvider().get_tracer("shop").start_span("pay")
span.end()
result = OTLPSpanExporter(endpoint=sys.argv[1]).export([span])
said = any("no room for them" in line or "partial" in line.lower() for line in logged)
print("python", result.name, "says so" if said else "says nothing")
PY
cat > probe.cjs <<'JS'
const { diag, DiagLogLevel } = require("@opentelemetry/api");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const logged = [];
const log = (...words) => logged.push(words.map((word) => (typeof word === "string" ? word : JSON.stringify(word))).join(" "));
diag.setLogger({ error: log, warn: log, info: log, debug() {}, verbose() {} }, DiagLogLevel.INFO);
const spans = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.getTracer("shop").startSpan("pay").end();
new OTLPTraceExporter({ url: process.argv[2] }).export(spans.getFinishedSpans(), (result) => {
  const said = logged.some((line) => line.includes("no room for them"));
  console.log("node", result.code === 0 ? "SUCCESS" : "FAILED", said ? "says so" : "says nothing");
});
JS
node receiver.cjs > port & receiver=$!
trap 'kill $receiver; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
address=http://127.0.0.1:$(cat port)/v1/traces
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
seen=$(v/bin/python probe.py "$address"; node probe.cjs "$address")

echo "one span, which the receiver refuses in an answer with code 200: what the exporter returns and what it logs"
echo "expected: both say that a span was refused"
echo "seen:"; echo "$seen"
[ "$seen" = "python SUCCESS says nothing
node SUCCESS says so" ] || { echo "the behaviour changed"; exit 1; }
