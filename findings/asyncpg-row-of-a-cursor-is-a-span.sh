#!/bin/bash
# asyncpg's cursor, read by `async for`, fetches fifty rows at a time. Its instrumentation makes a CLIENT span of each row, with the
# query's text, and one of the end: two hundred rows, asked for in a handful of messages, are two hundred and one calls of the database
# in the trace. `fetch` of the same query is one.
#
# Why it matters to who writes rules: "no query is repeated more than twenty times in a request" (n plus one) is violated by the way of
# reading that is kind to memory, an export is a trace of millions of spans, and most of them never left the process.
#
# Expectation: a span of kind CLIENT for what is sent to the database.
# Versions: opentelemetry-instrumentation-asyncpg 0.66b1, asyncpg 0.32.0; PGlite 0.5.14 as the database.
set -eu
work=$(mktemp -d); database=
trap '[ -z "$database" ] || { kill "$database"; wait "$database" || true; }; rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17 >/dev/null
cat > database.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const free = net.createServer().listen(0, '127.0.0.1', async () => {
  const { port } = free.address();
  await new Promise((closed) => free.close(closed));
  await new PGLiteSocketServer({ db: await PGlite.create(), host: '127.0.0.1', port }).start();
  writeFileSync('port', String(port));
});
JS
node database.mjs >log 2>&1 &
database=$!
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 asyncpg==0.32.0 \
  opentelemetry-instrumentation-asyncpg==0.66b1
for _ in $(seq 300); do [ -s port ] && break; sleep 0.2; done

cat > probe.py <<'PY'
import asyncio
import sys
from collections import Counter

from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
AsyncPGInstrumentor().instrument(tracer_provider=provider)

import asyncpg


async def main():
    database = await asyncpg.connect(host="127.0.0.1", port=int(sys.argv[1]), user="postgres", password="x", database="postgres", ssl=False)
    await database.execute("CREATE TABLE orders AS SELECT generate_series(1, 200) AS number")
    spans.clear()

    async def by_cursor():
        async with database.transaction():
            return len([row async for row in database.cursor("SELECT number FROM orders")])

    async def by_fetch():
        return len(await database.fetch("SELECT number FROM orders"))

    for how in (by_cursor, by_fetch):
        rows = await how()
        names = Counter(f"{span.kind.name} {span.name}" for span in spans.get_finished_spans())
        print(f"{how.__name__}, {rows} rows: {dict(sorted(names.items()))}")
        spans.clear()
    database.terminate()


asyncio.run(main())
PY
seen=$(timeout 300 v/bin/python probe.py "$(cat port)")

echo "instrumentation-asyncpg 0.66b1, asyncpg 0.32.0: two hundred rows, read by a cursor and at once"
echo "expected: a span for each fifty rows, and one"
echo "seen:"; echo "$seen"
[ "$seen" = "by_cursor, 200 rows: {'CLIENT BEGIN;': 1, 'CLIENT COMMIT;': 1, 'CLIENT CURSOR: SELECT': 201}
by_fetch, 200 rows: {'CLIENT SELECT': 1}" ] || { echo "the behaviour changed"; exit 1; }
