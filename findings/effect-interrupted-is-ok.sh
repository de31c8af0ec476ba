#!/bin/bash
# Effect ends the span of what it breaks off, by a timeout or because a brother failed, with status OK and no event. That it
# never came to an end is told by `status.interrupted` alone.
#
# Why it matters to who writes rules: "each order has a charge that is OK" is kept by a charge that was given up after 20 ms,
# of which nobody knows whether the card was charged. A later stage cannot set another status, since OK is final.
#
# Expectation: work that was broken off is not what its developer vouches for; the specification has OK for that, and UNSET
# for the rest. Other tracers leave such spans UNSET or call them ERROR.
# Versions: effect 4.1.0, @effect/opentelemetry 4.0.1, sdk-trace-base 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts effect@4.1.0 @effect/opentelemetry@4.0.1 @opentelemetry/api@1.9.1 \
  @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/sdk-trace-node@2.12.1 @opentelemetry/resources@2.12.1 \
  @opentelemetry/api-logs@0.223.0 @opentelemetry/sdk-logs@0.223.0 @opentelemetry/sdk-metrics@2.12.1 >/dev/null

cat > probe.mjs <<'JS'
import { layer } from '@effect/opentelemetry/NodeSdk';
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Effect } from 'effect';

const spans = [];
const exporter = {
  export(ended, done) { spans.push(...ended); done({ code: 0 }); },
  shutdown: () => Promise.resolve(),
};
const traced = layer(() => ({ resource: { serviceName: 'shop' }, spanProcessor: new SimpleSpanProcessor(exporter) }));
const span = (name) => Effect.withSpan(name);
const charge = Effect.sleep('30 seconds').pipe(span('charge'));
const refused = Effect.fail(new Error('none left')).pipe(span('stock'));
const orders = {
  'given up after 20 ms': charge.pipe(Effect.timeout('20 millis')),
  'its brother failed': Effect.all([charge, refused], { concurrency: 2 }),
};
const status = ['UNSET', 'OK', 'ERROR'];
for (const [what, order] of Object.entries(orders)) {
  await Effect.runPromise(order.pipe(span('order'), Effect.ignore, Effect.provide(traced)));
  const told = spans.splice(0).map((one) => `${one.name} ${status[one.status.code]} with ${one.events.length} events`);
  console.log(`${what}: ${told.sort().join(', ')}`);
}
JS
seen=$(node probe.mjs)

echo "effect 4.1.0, @effect/opentelemetry 4.0.1: a charge that is broken off"
echo "expected: the span of the charge is UNSET or ERROR"
echo "seen:"; echo "$seen"
[ "$seen" = "given up after 20 ms: charge OK with 0 events, order ERROR with 1 events
its brother failed: charge OK with 0 events, order ERROR with 1 events, stock ERROR with 1 events" ] || { echo "the behaviour changed"; exit 1; }
