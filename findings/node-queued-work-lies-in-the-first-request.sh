#!/bin/bash
# Work that waits in a queue of Node (p-queue, bottleneck, async's queue, fastq) is started by the piece of work that ended
# before it, and its spans lie below that one's request: of four requests that queue one charge each, the first has all
# four charges below it and the others none. p-limit remembers who asked, and is right.
#
# Why it matters to who writes rules: "each order is charged once" is violated by the first of a burst, "each order is
# charged" by all others, and a tenant's trace holds the work of another tenant. With one request at a time all is right.
#
# Expectation: Node follows promises and callbacks by itself (AsyncLocalStorage), so what a request asks for and awaits
# is its own work, also when it has to wait for its turn.
# Versions: p-queue 9.3.5, bottleneck 2.19.5, async 3.2.6, fastq 1.20.3, p-limit 7.3.3, sdk-trace-node 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  p-queue@9.3.5 bottleneck@2.19.5 async@3.2.6 fastq@1.20.3 p-limit@7.3.3 >/dev/null

cat > probe.mjs <<'JS'
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import async from 'async';
import Bottleneck from 'bottleneck';
import fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';

const spans = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
const tracer = trace.getTracer('probe');

const charge = (order) => tracer.startActiveSpan(`charge ${order}`, async (span) => {
  await new Promise((done) => setTimeout(done, 5));
  span.end();
});
const one = new PQueue({ concurrency: 1 });
const two = new Bottleneck({ maxConcurrent: 1 });
const three = async.queue(async (order) => charge(order), 1);
const four = fastq.promise(charge, 1);
const five = pLimit(1);

for (const [name, queued] of [
  ['p-queue', (order) => one.add(() => charge(order))],
  ['bottleneck', (order) => two.schedule(() => charge(order))],
  ['async.queue', (order) => three.pushAsync(order)],
  ['fastq', (order) => four.push(order)],
  ['p-limit', (order) => five(() => charge(order))],
]) {
  spans.reset();
  await Promise.all([1, 2, 3, 4].map((order) => tracer.startActiveSpan(`request ${order}`, async (span) => {
    await queued(order);
    span.end();
  })));
  const all = spans.getFinishedSpans();
  const above = (span) => all.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)?.name;
  const charges = all.filter((span) => span.name.startsWith('charge'));
  console.log(`${name}: ${charges.map((span) => `${span.name} in ${above(span)}`).join(', ')}`);
}
JS
seen=$(timeout 60 node probe.mjs)

echo "p-queue 9.3.5, bottleneck 2.19.5, async 3.2.6, fastq 1.20.3, p-limit 7.3.3: four requests at once, one piece of work at a time"
echo "expected: each charge in the request that asked for it"
echo "seen:"; echo "$seen"
first='charge 1 in request 1, charge 2 in request 1, charge 3 in request 1, charge 4 in request 1'
[ "$seen" = "p-queue: $first
bottleneck: $first
async.queue: $first
fastq: $first
p-limit: charge 1 in request 1, charge 2 in request 2, charge 3 in request 3, charge 4 in request 4" ] || { echo "the behaviour changed"; exit 1; }
