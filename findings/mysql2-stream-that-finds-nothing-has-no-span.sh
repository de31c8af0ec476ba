#!/bin/bash
# Node's instrumentation of mysql2 ends the span of a query that is read as a stream, or by events, with its first row. Of one that
# finds no row the span is never sent. One that breaks off after its first row is UNSET, and the time of the span is that to the first
# row, however long the others take. With a callback, or awaited, the span is right.
#
# Why it matters to who writes rules: "an export asks the list of consents" is violated just by those for whom the list is empty, a
# query that failed halfway is one that went well, and no stream is ever slow.
#
# Expectation: a span a query, which ends with the last row or the error.
# Versions: @opentelemetry/instrumentation-mysql2 0.70.0, mysql2 3.24.5, sdk-trace 3.1.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.10.0 @opentelemetry/sdk-trace@3.1.1 \
  @opentelemetry/instrumentation@0.300.0 @opentelemetry/instrumentation-mysql2@0.70.0 mysql2@3.24.5 >/dev/null

cat > probe.js <<'JS'
const { SpanStatusCode, trace } = require('@opentelemetry/api');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { MySQL2Instrumentation } = require('@opentelemetry/instrumentation-mysql2');
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');

const spans = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
registerInstrumentations({ instrumentations: [new MySQL2Instrumentation()] });
const mysql = require('mysql2');
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// mysql2's own server: "3 rows" sends three of them, 200 ms apart if they are slow, and "2 rows, broken" an error behind the second.
const id = { catalog: 'def', schema: 'shop', table: 'orders', orgTable: 'orders', name: 'id', orgName: 'id', characterSet: 33,
  columnLength: 384, columnType: 253, flags: 0, decimals: 0 };
const answer = async (connection, text) => {
  connection.sequenceId = 1;
  connection.writeColumns([id]);
  for (let row = 0; row < parseInt(text); row++) {
    if (row && text.includes('slow')) await wait(200);
    connection.writeTextRow([String(row)]);
  }
  if (text.includes('broken')) connection.writeError({ code: 1317, message: 'interrupted' });
  else connection.writeEof();
  connection.sequenceId = 0;
};
const server = mysql.createServer((connection) => {
  connection.serverHandshake({ protocolVersion: 10, serverVersion: '8', connectionId: 1, statusFlags: 2, characterSet: 8,
    capabilityFlags: 0xffffff ^ 0x820, authCallback: (_, done) => {
      done(null);
      connection.sequenceId = 0;
    } });
  connection.on('query', (text) => answer(connection, text));
  connection.on('error', () => {});
});

const read = {
  awaited: async (client, text) => (await client.promise().query(text))[0].length,
  streamed: async (client, text) => {
    let rows = 0;
    for await (const _ of client.query(text).stream()) rows++;
    return rows;
  },
  'by events': (client, text) => new Promise((done, failed) => {
    let rows = 0;
    client.query(text).on('result', () => rows++).on('error', failed).on('end', () => done(rows));
  }),
};
server.listen(0, '127.0.0.1', async () => {
  const client = mysql.createConnection({ host: '127.0.0.1', port: server._server.address().port, user: 'shop' });
  await client.promise().query('1 row');
  spans.reset();
  for (const text of ['3 rows', '3 slow rows', '0 rows', '2 rows, broken']) {
    for (const way in read) {
      const rows = await read[way](client, text).catch((error) => error.message);
      await wait(50);
      const told = spans.getFinishedSpans().map(({ status, duration: [s, ns] }) =>
        `${SpanStatusCode[status.code]} of ${s * 1e9 + ns < 2e8 ? 'less' : 'more'} than 200 ms`);
      console.log(`${text}, ${way}: ${rows}, ${told.join() || 'no span'}`);
      spans.reset();
    }
  }
  process.exit(0);
});
JS
seen=$(timeout 60 node probe.js)

echo "instrumentation-mysql2 0.70.0, mysql2 3.24.5: four queries, read in three ways"
echo "expected: streamed and by events as awaited: a span each, ERROR where it broke off, and slow where it is"
echo "seen:"; echo "$seen"
[ "$seen" = "3 rows, awaited: 3, UNSET of less than 200 ms
3 rows, streamed: 3, UNSET of less than 200 ms
3 rows, by events: 3, UNSET of less than 200 ms
3 slow rows, awaited: 3, UNSET of more than 200 ms
3 slow rows, streamed: 3, UNSET of less than 200 ms
3 slow rows, by events: 3, UNSET of less than 200 ms
0 rows, awaited: 0, UNSET of less than 200 ms
0 rows, streamed: 0, no span
0 rows, by events: 0, no span
2 rows, broken, awaited: interrupted, ERROR of less than 200 ms
2 rows, broken, streamed: interrupted, UNSET of less than 200 ms
2 rows, broken, by events: interrupted, UNSET of less than 200 ms" ] || { echo "the behaviour changed"; exit 1; }
