#!/bin/bash
# In BullMQ's own telemetry a job whose work throws is a span `process orders` that is UNSET, in each attempt and in the last one after
# which it is given up: there is no exception event, but one that is called "job failed". A job that is added a second time under its
# id, which BullMQ leaves out as it is there already, is a PRODUCER span as of one that was added.
#
# Why it matters to who writes rules: "a failed job is told of" has no ERROR and no exception to ask about, and "each order that is
# queued is processed" is violated by the second add, which is what ids of jobs are for.
#
# Expectation: a CONSUMER span whose work threw is an ERROR with its exception, and what was left out says so.
# Versions: bullmq 6.7.0, bullmq-otel 2.0.1, ioredis 6.0.0, sdk-trace-node 2.12.1; Debian's redis-server.
set -eu
work=$(mktemp -d); server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT; cd "$work"
# Redis as Debian packs it, unpacked here and not installed.
apt-get download -q redis-tools liblzf1 libjemalloc2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" redis; done
ln -sf redis-check-rdb redis/usr/bin/redis-server
LD_LIBRARY_PATH=$(echo redis/usr/lib/*-linux-gnu*) redis/usr/bin/redis-server --port 0 --unixsocket "$work/socket" --save '' >log &
server=$!
npm install --silent --no-audit --no-fund --ignore-scripts bullmq@6.7.0 bullmq-otel@2.0.1 ioredis@6.0.0 \
  @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 >/dev/null

cat > probe.mjs <<'JS'
import { trace, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { Queue, Worker } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';

const spans = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
const options = { connection: { path: `${process.cwd()}/socket` }, telemetry: new BullMQOtel('shop') };
const queue = new Queue('orders', options);
const worker = new Worker('orders', async (job) => {
  if (job.name === 'fails') throw new Error('refused');
}, options);
await worker.waitUntilReady();

// Adds a job, waits until as many spans of the kind CONSUMER are there as it has attempts, and tells of all.
const show = async (what, attempts, add) => {
  await add();
  const ended = (kind) => spans.getFinishedSpans().filter((span) => span.kind === kind);
  for (let i = 0; i < 100 && ended(SpanKind.CONSUMER).length < attempts; i++) await new Promise((done) => setTimeout(done, 50));
  for (const kind of [SpanKind.PRODUCER, SpanKind.CONSUMER])
    for (const span of ended(kind))
      console.log(`${what}: ${SpanKind[kind]} ${span.name} ${SpanStatusCode[span.status.code]} [${span.events.map(({ name }) => name)}]`);
  spans.reset();
};
await show('goes well', 1, () => queue.add('goes', {}));
await show('fails twice', 2, () => queue.add('fails', {}, { attempts: 2 }));
await show('added twice', 1, async () => {
  await queue.add('goes', {}, { jobId: 'order 7' });
  await queue.add('goes', {}, { jobId: 'order 7' });
});
await worker.close();
await queue.close();
JS
seen=$(timeout 60 node probe.mjs)

echo "bullmq 6.7.0, bullmq-otel 2.0.1: a job that goes well, one that fails twice, one that is added twice under one id"
echo "expected: two ERROR with an exception; one PRODUCER of the last"
echo "seen:"; echo "$seen"
[ "$seen" = "goes well: PRODUCER add orders.goes UNSET []
goes well: CONSUMER process orders UNSET [job completed]
fails twice: PRODUCER add orders.fails UNSET []
fails twice: CONSUMER process orders UNSET [job failed]
fails twice: CONSUMER process orders UNSET [job failed]
added twice: PRODUCER add orders.goes UNSET []
added twice: PRODUCER add orders.goes UNSET []
added twice: CONSUMER process orders UNSET [job completed]" ] || { echo "the behaviour changed"; exit 1; }
