#!/bin/bash
# A library that brings @opentelemetry/api along in a newer minor release than the program's own, as npm installs it where the program's
# SDK does not take the newer one, makes no spans, sees no current span and sends no traceparent on: without an error, and without a
# word to a logger that the program gave to `diag`. With an older release than the program's all is well.
#
# Why it matters to who writes rules: the library's calls, and the services behind them, vanish from the trace by an upgrade of the
# library, and a rule that asks for them is violated; one that forbids them is blind.
#
# Expectation: both are of one major release, so that spans are made, or a warning tells that they are not.
# Versions: @opentelemetry/api 1.9.1, 1.10.0 and 1.4.1, sdk-trace-node 2.12.1 (which takes an api below 1.10).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir older same newer
for library in older/1.4.1 same/1.9.1 newer/1.10.0; do
  echo '{ "name": "'"${library%/*}"'", "version": "1.0.0", "dependencies": { "@opentelemetry/api": "'"${library#*/}"'" } }' >"${library%/*}/package.json"
  cat >"${library%/*}/index.js" <<'JS'
const { context, propagation, trace } = require('@opentelemetry/api');
exports.charge = () => {
  const headers = {};
  propagation.inject(context.active(), headers);
  trace.getTracer('library').startSpan('charge').end();
  return `sees ${trace.getActiveSpan() ? 'the request' : 'no span'}, sends ${Object.keys(headers)[0] ?? 'nothing'}`;
};
JS
done
npm install --silent --no-audit --no-fund --ignore-scripts --install-links @opentelemetry/api@1.9.1 \
  @opentelemetry/sdk-trace-node@2.12.1 ./older ./same ./newer >/dev/null

cat > probe.js <<'JS'
const { diag, DiagConsoleLogger, DiagLogLevel, trace } = require('@opentelemetry/api');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
const spans = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
for (const library of ['same', 'older', 'newer']) {
  trace.getTracer('shop').startActiveSpan('request', (request) => {
    const told = require(library).charge();
    request.end();
    console.log(`${library}: ${told}, spans [${spans.getFinishedSpans().map(({ name }) => name)}]`);
  });
  spans.reset();
}
JS
seen=$(node probe.js 2>&1)

echo "@opentelemetry/api: a program with 1.9.1 and libraries that bring 1.9.1, 1.4.1 and 1.10.0"
echo "expected: spans [charge,request] of each, or a warning"
echo "seen:"; echo "$seen"
[ "$seen" = "same: sees the request, sends traceparent, spans [charge,request]
older: sees the request, sends traceparent, spans [charge,request]
newer: sees no span, sends nothing, spans [request]" ] || { echo "the behaviour changed"; exit 1; }
