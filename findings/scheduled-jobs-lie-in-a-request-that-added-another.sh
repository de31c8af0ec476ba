#!/bin/bash
# A scheduler that lives in a server's event loop has one timer, for whichever of its jobs comes next. Python's contextvars and Node's
# AsyncLocalStorage hold on to the context in which a timer is set. A request that adds a job sets that timer anew, and from
# then on every run of every job, also of those that were there before, lies in the trace of that request, until another job is
# added: with APScheduler any job, with node-schedule one that is the next to run.
#
# Why it matters to who writes rules: a request of this morning has the jobs of all day below it, so that bounds on what one request
# does are broken by it, and its trace never ends; and what the nightly job has to do is not in a trace of its own.
#
# Expectation: a run of a job is a trace of its own, or lies with whoever added that very job.
# Versions: apscheduler 3.11.3, opentelemetry-sdk 1.45.2 (Python); node-schedule 2.1.1, sdk-trace-node 2.12.1 (Node).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 apscheduler==3.11.3
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  node-schedule@2.1.1 >/dev/null

cat > probe.py <<'PY'
import asyncio
import contextvars
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("shop")


async def clean():
    tracer.start_span("clean").end()


async def remind():
    pass


def tell(when):
    where = {"in the request's trace" if span.parent else "a trace of its own" for span in spans.get_finished_spans() if span.name == "clean"}
    print(f"apscheduler, {when}: {', '.join(sorted(where))}")
    spans.clear()


async def main():
    scheduler = AsyncIOScheduler()
    scheduler.add_job(clean, "interval", seconds=0.5)
    scheduler.start()
    await asyncio.sleep(1.7)
    tell("before")
    reminder = {"trigger": "date", "run_date": datetime.now() + timedelta(days=1)}
    with tracer.start_as_current_span("request"):
        scheduler.add_job(remind, **reminder)
    await asyncio.sleep(1.7)
    tell("after a request added another job")
    with tracer.start_as_current_span("request"):
        contextvars.Context().run(scheduler.add_job, remind, **reminder)
    await asyncio.sleep(1.7)
    tell("after one added it in an empty context")
    scheduler.shutdown()


asyncio.run(main())
PY
cat > probe.cjs <<'JS'
const { context, ROOT_CONTEXT } = require('@opentelemetry/api');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const schedule = require('node-schedule');
const { setTimeout: passes } = require('node:timers/promises');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const tracer = provider.getTracer('shop');

const tell = (when) => {
  const runs = spans.getFinishedSpans().filter((span) => span.name === 'clean');
  const where = new Set(runs.map((span) => (span.parentSpanContext ? "in the request's trace" : 'a trace of its own')));
  console.log(`node-schedule, ${when}: ${[...where].sort().join(', ')}`);
  spans.reset();
};
const request = (work) => tracer.startActiveSpan('request', (span) => { work(); span.end(); });
const remindSoon = () => schedule.scheduleJob(new Date(Date.now() + 300), () => {});

(async () => {
  schedule.scheduleJob('* * * * * *', () => tracer.startSpan('clean').end());
  await passes(2500);
  tell('before');
  await passes(1050 - (Date.now() % 1000)); // The reminder is to be the next.
  spans.reset();
  request(remindSoon);
  await passes(2500);
  tell('after a request added another job');
  await passes(1050 - (Date.now() % 1000));
  request(() => context.with(ROOT_CONTEXT, remindSoon));
  await passes(600);
  spans.reset();
  await passes(2500);
  tell('after one added it in an empty context');
  await schedule.gracefulShutdown();
})();
JS
seen=$(v/bin/python probe.py; node probe.cjs)

echo "apscheduler 3.11.3 and node-schedule 2.1.1: where the runs of a job lie that was there before any request"
echo "expected: a trace of its own, six times"
echo "seen:"; echo "$seen"
[ "$seen" = "apscheduler, before: a trace of its own
apscheduler, after a request added another job: in the request's trace
apscheduler, after one added it in an empty context: a trace of its own
node-schedule, before: a trace of its own
node-schedule, after a request added another job: in the request's trace
node-schedule, after one added it in an empty context: a trace of its own" ] || { echo "the behaviour changed"; exit 1; }
