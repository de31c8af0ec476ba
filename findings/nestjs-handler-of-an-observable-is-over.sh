#!/bin/bash
# A handler of NestJS that returns an Observable, as those do which ask by NestJS' HttpModule or a microservice's client, has a span
# that is over before anything ran: of no length, UNSET where the Observable fails, and the work lies beside it. A refusal is an ERROR
# with an exception event: on two spans where the handler throws 404, on one where a guard says no.
#
# Why it matters to who writes rules: "the handler asks the fraud service" (`inside` its span) is violated always, a failed handler is
# seen only one span higher, and each 404 is two failures for rules that count them.
#
# Expectation: a handler's span ends with what it returns, as it does for a promise; a refused request is no failure of the program.
# Versions: @opentelemetry/instrumentation-nestjs-core 0.71.0, NestJS 11.2.10 (it leaves NestJS 12 alone), sdk-trace 3.1.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @opentelemetry/api@1.10.0 \
  @opentelemetry/sdk-trace@3.1.1 @opentelemetry/context-async-hooks@3.1.1 @opentelemetry/instrumentation@0.300.0 \
  @opentelemetry/instrumentation-nestjs-core@0.71.0 @nestjs/core@11.2.10 @nestjs/common@11.2.10 \
  @nestjs/platform-express@11.2.10 reflect-metadata@0.2.2 rxjs@7.8.2 >/dev/null

cat > probe.js <<'JS'
require('reflect-metadata');
const { context, SpanStatusCode, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { NestInstrumentation } = require('@opentelemetry/instrumentation-nestjs-core');
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');

const spans = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({ instrumentations: [new NestInstrumentation()] });
const { Controller, Get, Module, NotFoundException, UseGuards } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { lastValueFrom, map, mergeMap, throwError, timer } = require('rxjs');

const tracer = trace.getTracer('shop');
const before = (one, other) => one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
const ask = () => timer(50).pipe(map(() => { tracer.startSpan('fraud check').end(); return 'paid'; }));
const fail = () => ask().pipe(mergeMap(() => throwError(() => new Error('refused'))));
class Orders {
  promise() { return lastValueFrom(ask()); }
  observable() { return ask(); }
  failingPromise() { return lastValueFrom(fail()); }
  failingObservable() { return fail(); }
  unknown() { throw new NotFoundException(); }
  guarded() { return 'never'; }
}
const paths = Object.getOwnPropertyNames(Orders.prototype).slice(1);
const decorate = (decorator, name) => decorator(Orders.prototype, name, Object.getOwnPropertyDescriptor(Orders.prototype, name));
for (const name of paths) decorate(Get(name), name);
decorate(UseGuards({ canActivate: () => false }), 'guarded');
Controller('orders')(Orders);
class Shop {}
Module({ controllers: [Orders] })(Shop);

(async () => {
  const app = await NestFactory.create(Shop, { logger: false });
  await app.listen(0, '127.0.0.1');
  for (const path of paths) {
    spans.reset();
    const { status } = await fetch(`http://127.0.0.1:${app.getHttpServer().address().port}/orders/${path}`);
    for (let i = 0; i < 100 && !spans.getFinishedSpans().some(({ attributes }) => attributes['nestjs.type'] === 'request_context'); i++)
      await new Promise((done) => setTimeout(done, 20));
    const found = spans.getFinishedSpans();
    const work = found.find(({ name }) => name === 'fraud check');
    console.log(`${path}, answered ${status}:`);
    for (const type of ['handler', 'request_context']) {
      const span = found.find(({ attributes }) => attributes['nestjs.type'] === type);
      if (!span) continue;
      const ended = !work ? 'without work' : before(span.endTime, work.startTime) ? 'ended before the work' : 'ended behind the work';
      const below = found.filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId);
      console.log(`  ${type} ${SpanStatusCode[span.status.code]}, ${span.events.length} events, ${ended}, below it [${below.map(({ name }) => name)}]`);
    }
  }
  process.exit(0);
})();
JS
seen=$(timeout 60 node probe.js)

echo "instrumentation-nestjs-core 0.71.0, NestJS 11.2.10: handlers that answer later by a promise and by an Observable, and refusals"
echo "expected: of an Observable as of a promise, and no ERROR of a refusal"
echo "seen:"; echo "$seen"
[ "$seen" = "promise, answered 200:
  handler UNSET, 0 events, ended behind the work, below it [fraud check]
  request_context UNSET, 0 events, ended behind the work, below it [promise]
observable, answered 200:
  handler UNSET, 0 events, ended before the work, below it []
  request_context UNSET, 0 events, ended behind the work, below it [observable,fraud check]
failingPromise, answered 500:
  handler ERROR, 1 events, ended behind the work, below it [fraud check]
  request_context ERROR, 1 events, ended behind the work, below it [failingPromise]
failingObservable, answered 500:
  handler UNSET, 0 events, ended before the work, below it []
  request_context ERROR, 1 events, ended behind the work, below it [failingObservable,fraud check]
unknown, answered 404:
  handler ERROR, 1 events, without work, below it []
  request_context ERROR, 1 events, without work, below it [unknown]
guarded, answered 403:
  request_context ERROR, 1 events, without work, below it []" ] || { echo "the behaviour changed"; exit 1; }
