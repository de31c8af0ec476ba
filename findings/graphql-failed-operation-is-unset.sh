#!/bin/bash
# In Node an operation of GraphQL that failed is UNSET: its span `query` has no event, whether a field is null for an error or the
# whole answer is. A document that does not validate has no operation's span, and UNSET on the one of its validation.
#
# Why it matters to who writes rules: GraphQL answers 200 with errors, so that neither the server's span nor the operation's says
# so. "A failed operation is told of" asks the resolvers' spans, which most turn off, as each field of each row has one.
#
# Expectation: the operation's span is ERROR where the answer has errors and no data; a field that failed leaves its event there.
# Versions: @opentelemetry/instrumentation-graphql 0.71.0, graphql 16.15.0, sdk-trace-node 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-graphql@0.71.0 graphql@16.15.0 >/dev/null

cat > probe.js <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { GraphQLInstrumentation } = require('@opentelemetry/instrumentation-graphql');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const instrumentation = new GraphQLInstrumentation();
registerInstrumentations({ instrumentations: [instrumentation], tracerProvider: provider });
const { buildSchema, graphql } = require('graphql');

const schema = buildSchema('type Query { note: String, total: Int! }');
const fail = () => { throw new Error('refused'); };
const status = ['UNSET', 'OK', 'ERROR'];

async function ask(what, source) {
  const { data, errors } = await graphql({ schema, source, rootValue: { note: fail, total: fail } });
  const told = spans.getFinishedSpans()
    .filter((span) => !/^graphql.parse/.test(span.name) && (span.name !== 'graphql.validate' || span.events.length > 0))
    .map((span) => `${span.name} ${status[span.status.code]} with ${span.events.length} events`);
  console.log(`${what}: data ${JSON.stringify(data)}, errors ${errors.length}; ${told.join(', ')}`);
  spans.reset();
}

(async () => {
  await ask('a field failed', '{ note }');
  await ask('all failed', '{ total }');
  await ask('not valid', '{ price }');
  instrumentation.setConfig({ ignoreResolveSpans: true });
  await ask('all failed, no spans of resolvers', '{ total }');
})();
JS
seen=$(node probe.js)

echo "instrumentation-graphql 0.71.0, graphql 16.15.0: operations that are answered with errors"
echo "expected: ERROR on the operation's span, at least where there is no data"
echo "seen:"; echo "$seen"
[ "$seen" = 'a field failed: data {"note":null}, errors 1; graphql.resolve note ERROR with 1 events, query UNSET with 0 events
all failed: data null, errors 1; graphql.resolve total ERROR with 1 events, query UNSET with 0 events
not valid: data undefined, errors 1; graphql.validate UNSET with 1 events
all failed, no spans of resolvers: data null, errors 1; query UNSET with 0 events' ] || { echo "the behaviour changed"; exit 1; }
