#!/bin/bash
# Version 3 of OpenTelemetry's SDK for Node takes the exporter of a span processor as an option. Called as before, with
# the exporter itself, both processors are made without a word, and each span that ends is lost; nothing is logged, and
# only who awaits a flush sees that it fails.
#
# Why it matters to who writes rules: after the upgrade a service is silent, and every rule on it is kept.
#
# Expectation: an error where the processor is made, as no exporter was given.
# Versions: @opentelemetry/sdk-trace 3.0.0, beside sdk-trace-base 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts old@npm:@opentelemetry/sdk-trace-base@2.12.1 \
  new@npm:@opentelemetry/sdk-trace@3.0.0 @opentelemetry/api@1.9.1 --legacy-peer-deps >/dev/null
cat > probe.cjs <<'JS'
async function exported(name, { InMemorySpanExporter }, Provider, make) {
  const spans = new InMemorySpanExporter();
  const provider = new Provider({ spanProcessors: [make(spans)] });
  provider.getTracer('shop').startSpan('order').end();
  const flushed = await provider.forceFlush().then(() => 'flushed', () => 'flushing failed');
  console.log(name, spans.getFinishedSpans().length, flushed);
}
const before = require('old'), now = require('new');
(async () => {
  for (const processor of ['SimpleSpanProcessor', 'BatchSpanProcessor']) {
    await exported(`2.12.1 ${processor}(exporter):`, before, before.BasicTracerProvider, spans => new before[processor](spans));
    await exported(`3.0.0 ${processor}(exporter):`, now, now.TracerProvider, spans => new now[processor](spans));
    await exported(`3.0.0 ${processor}({ exporter }):`, now, now.TracerProvider, exporter => new now[processor]({ exporter }));
  }
})();
JS
seen=$(node probe.cjs 2>&1)

echo "@opentelemetry/sdk-trace 3.0.0: spans that reach the exporter, of one"
echo "expected: an error from SimpleSpanProcessor(exporter) and BatchSpanProcessor(exporter)"
echo "seen:"; echo "$seen"
[ "$seen" = "2.12.1 SimpleSpanProcessor(exporter): 1 flushed
3.0.0 SimpleSpanProcessor(exporter): 0 flushing failed
3.0.0 SimpleSpanProcessor({ exporter }): 1 flushed
2.12.1 BatchSpanProcessor(exporter): 1 flushed
3.0.0 BatchSpanProcessor(exporter): 0 flushing failed
3.0.0 BatchSpanProcessor({ exporter }): 1 flushed" ] || { echo "the behaviour changed"; exit 1; }
