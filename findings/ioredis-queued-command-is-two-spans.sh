#!/bin/bash
# A command that ioredis is asked for before its connection is ready is two CLIENT spans: one from when it was asked, and
# one, its brother, from when it was sent. Their attributes are the same; the second lies within the first. It is so for
# the first command of every process that does not await the connection, which is what the documents of ioredis show.
#
# Why it matters to who writes rules: counts of calls are one too high where a connection is new, and a limit on equal
# calls (n plus one, retries) is met by one call less.
#
# Expectation: one span a command, as after the connection is ready.
# Versions: @opentelemetry/instrumentation-ioredis 0.72.0, ioredis 6.0.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts ioredis@6.0.0 @opentelemetry/api@1.10.0 \
  @opentelemetry/sdk-trace@3.0.0 @opentelemetry/context-async-hooks@3.0.0 @opentelemetry/instrumentation@0.300.0 \
  @opentelemetry/instrumentation-ioredis@0.72.0 >/dev/null
cat > probe.cjs <<'JS'
const net = require('net');
const { context, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis');
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');

const spans = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({ tracerProvider: provider, instrumentations: [new IORedisInstrumentation()] });
const Redis = require('ioredis');

// A Redis that answers every command OK. Each begins with the line `*<number of parts>`.
const server = net.createServer(socket => socket.on('data', data => {
  for (const _ of String(data).match(/^\*\d+\r$/gm) || []) socket.write('+OK\r\n');
}));
server.listen(0, '127.0.0.1', () => trace.getTracer('shop').startActiveSpan('job', async job => {
  // The check whether a Redis is still loading its data is no part of this.
  const redis = new Redis({ port: server.address().port, enableReadyCheck: false, disableClientInfo: true });
  await redis.set('first', '1');
  await redis.set('second', '2');
  redis.disconnect();
  server.close();
  job.end();
  await provider.forceFlush();
  const own = spans.getFinishedSpans().filter(({ name }) => name === 'set');
  for (const { attributes, kind, parentSpanContext } of own)
    console.log(`${attributes['db.query.text'] ?? attributes['db.statement']}: kind ${kind}, below the job ${parentSpanContext.spanId === job.spanContext().spanId}`);
}));
JS
seen=$(node probe.cjs | sort)

echo "instrumentation-ioredis 0.72.0, ioredis 6.0.0: one command before the connection is ready, one after (kind 2 is CLIENT)"
echo "expected: one span of each"
echo "seen:"; echo "$seen"
[ "$seen" = "set first [1 other arguments]: kind 2, below the job true
set first [1 other arguments]: kind 2, below the job true
set second [1 other arguments]: kind 2, below the job true" ] || { echo "the behaviour changed"; exit 1; }
