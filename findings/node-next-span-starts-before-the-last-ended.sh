#!/bin/bash
# Spans of the JavaScript SDK that follow one another in one thread overlap: a start is cut down to the whole millisecond, an end
# is that start and the time since to the nanosecond. What begins within the millisecond in which another span ended has, as it is
# exported, begun before that ended.
#
# Why it matters to who writes rules: "B starts after A has ended" (validated before the query, an audit record after the read) is
# broken by most requests in which it is kept, where what comes first is short. Only the order of starts can be asked.
#
# Expectation: times in nanoseconds, of one clock, and one span after another: each starts no sooner than the one before ended.
# Versions: @opentelemetry/sdk-trace-base 2.12.1, @opentelemetry/api 1.9.1, Node of the machine.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat > steps.mjs <<'JS'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const spans = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const tracer = provider.getTracer('probe');
const work = (millis) => { for (const end = performance.now() + millis; performance.now() < end;); };

for (let at = 0; at < 500; at++) {
  const first = tracer.startSpan('validate');
  work(0.2);
  first.end();
  const second = tracer.startSpan('query');
  work(1.3);
  second.end();
}
const nanos = ([seconds, rest]) => BigInt(seconds) * 1000000000n + BigInt(rest);
const all = spans.getFinishedSpans();
let whole = 0, overlapping = 0;
for (let at = 0; at < all.length; at += 2) {
  whole += all[at].startTime[1] % 1000000 === 0 && all[at + 1].startTime[1] % 1000000 === 0;
  overlapping += nanos(all[at + 1].startTime) < nanos(all[at].endTime);
}
console.log(`of 500 pairs ${whole} start at whole milliseconds, and of ${overlapping} the second starts before the first has ended`);
JS
seen=$(node steps.mjs)

echo "@opentelemetry/sdk-trace-base 2.12.1: 500 times a span of 0.2 ms and, after it, another"
echo "expected: the second never starts before the first has ended"
echo "seen: $seen"
overlapping=$(echo "$seen" | sed 's/.* of \([0-9]*\) the second.*/\1/')
{ [ "${seen#of 500 pairs 500 start}" != "$seen" ] && [ "$overlapping" -gt 100 ]; } || { echo "the behaviour changed"; exit 1; }
