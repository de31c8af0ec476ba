#!/bin/bash
# The Node SDK sends one attribute under two kinds: 0.5 is a double, 1.0 is an integer, because the kind is read off the
# value. And whole numbers above 2^53 leave the JSON encoding with other digits than the number has.
#
# Why it matters to who writes rules: a score, a cost or a temperature is an integer in just those spans where it is
# round. Backends that fix a column's kind at first sight, tail sampling by integer, hashes and group keys all treat
# these spans apart. Snowflake-like ids compared across services differ.
#
# Expectation: an attribute written by one line of code has one kind; OTLP/JSON writes 64-bit integers as text of
# decimal digits, so that none is lost.
# Versions: @opentelemetry/sdk-trace-base 2.12.1, @opentelemetry/otlp-transformer 0.223.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/otlp-transformer@0.223.1 >/dev/null
cat > send.mjs <<'JS'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';

const spans = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer('probe');
for (const score of [0.5, 1.0]) tracer.startSpan('rate', { attributes: { score } }).end();
tracer.startSpan('id', { attributes: { id: 2 ** 60 } }).end();
const text = new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans.getFinishedSpans()));
for (const found of text.matchAll(/"key":"(?:score|id)","value":(\{[^}]*\})/g)) console.log(found[0]);
console.log('2^60 is', String(2n ** 60n));
JS
seen=$(node send.mjs)

echo "@opentelemetry/otlp-transformer 0.223.1: score 0.5, score 1.0, id 2^60"
echo 'expected: doubleValue twice, and {"intValue":"1152921504606846976"}'
echo "seen:"; echo "$seen"
[ "$seen" = '"key":"score","value":{"doubleValue":0.5}
"key":"score","value":{"intValue":1}
"key":"id","value":{"intValue":1152921504606847000}
2^60 is 1152921504606846976' ] || { echo "the behaviour changed"; exit 1; }
