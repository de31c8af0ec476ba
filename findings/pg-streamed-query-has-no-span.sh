#!/bin/bash
# Node's instrumentation of pg makes a span of a query whose rows come at once. A query that is read row by row, with pg-cursor or
# pg-query-stream, has none: it is never sent, also when all rows were read and the cursor was closed. With knex's instrumentation
# on top `stream()` has none of either, while the same query awaited has both, besides one that knex itself asks first.
#
# Why it matters to who writes rules: what is streamed is the export, the report, the copy: the queries that read most. "No export
# reads customers without an approval" and bounds on queries look past them.
#
# Expectation: each query is a span, and of one that is streamed it lasts until the last row.
# Versions: @opentelemetry/instrumentation-pg 0.76.0, -knex 0.67.0, pg 8.23.1, pg-cursor 2.22.1, pg-query-stream 4.17.0, knex 3.3.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-pg@0.76.0 @opentelemetry/instrumentation-knex@0.67.0 \
  pg@8.23.1 pg-cursor@2.22.1 pg-query-stream@4.17.0 knex@3.3.0 @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17 >/dev/null

cat > probe.cjs <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { KnexInstrumentation } = require('@opentelemetry/instrumentation-knex');
const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ tracerProvider: provider, instrumentations: [new PgInstrumentation(), new KnexInstrumentation()] });
const pg = require('pg');
const Cursor = require('pg-cursor');
const QueryStream = require('pg-query-stream');
const knex = require('knex');
const ROWS = 'SELECT * FROM generate_series(1, 5) AS row';

async function count(rows) {
  let read = 0;
  for await (const _ of rows) read++;
  return read;
}

(async () => {
  // PostgreSQL within this process, behind its own protocol.
  const { PGlite } = await import('@electric-sql/pglite');
  const { PGLiteSocketServer } = await import('@electric-sql/pglite-socket');
  const server = new PGLiteSocketServer({ db: await PGlite.create(), port: 0, host: '127.0.0.1' });
  await server.start();
  const port = Number(server.getServerConn().split(':')[1]);
  const connection = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres', password: 'none' };
  const tell = (what, read) => {
    const names = spans.getFinishedSpans().map((span) => span.name).filter((name) => !/connect/.test(name));
    console.log(`${what}: rows ${read}, spans [${names.join(', ')}]`);
    spans.reset();
  };

  const client = new pg.Client(connection);
  await client.connect();
  tell('awaited', (await client.query(ROWS)).rows.length);
  const cursor = client.query(new Cursor(ROWS));
  const read = (await cursor.read(10)).length;
  await cursor.close();
  tell('cursor', read);
  tell('stream', await count(client.query(new QueryStream(ROWS))));
  await client.end();

  const builder = knex({ client: 'pg', connection, pool: { min: 0, max: 1 } });
  const query = () => builder.select('*').from(builder.raw('generate_series(1, 5) AS row'));
  tell('knex awaited', (await query()).length);
  tell('knex stream', await count(query().stream()));
  await builder.destroy();
  process.exit(0);
})();
JS
seen=$(node probe.cjs)

echo "instrumentation-pg 0.76.0, instrumentation-knex 0.67.0: one query of five rows, read in five ways"
echo "expected: a span of each"
echo "seen:"; echo "$seen"
[ "$seen" = "awaited: rows 5, spans [pg.query:SELECT postgres]
cursor: rows 5, spans []
stream: rows 5, spans []
knex awaited: rows 5, spans [pg.query:SELECT postgres, pg.query:SELECT postgres, select postgres]
knex stream: rows 5, spans []" ] || { echo "the behaviour changed"; exit 1; }
