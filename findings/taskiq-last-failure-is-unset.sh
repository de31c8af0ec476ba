#!/bin/bash
# With taskiq's OpenTelemetry middleware a task that is tried again on errors has no ERROR and no exception event in any attempt,
# the last one after which it is given up included: each run is UNSET, with the error's text in `taskiq.retry.reason`. The number
# of the attempt is a text where it is sent, and an integer where it is run.
#
# Why it matters to who writes rules: "a failed charge is told of" asks for an ERROR and finds none in the tasks that their authors
# thought worth another attempt; a comparison of the two ends of a message never holds.
#
# Expectation: what is given up is ERROR with its exception, as it is for a task that is tried once.
# Versions: taskiq 0.13.0, opentelemetry-sdk 1.45.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 taskiq==0.13.0 psutil==7.2.2

cat > probe.py <<'PY'
import asyncio
import logging

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from taskiq import InMemoryBroker, SimpleRetryMiddleware
from taskiq.middlewares.opentelemetry_middleware import OpenTelemetryMiddleware

logging.disable(logging.CRITICAL)
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
broker = InMemoryBroker(await_inplace=True).with_middlewares(
    OpenTelemetryMiddleware(tracer_provider=provider), SimpleRetryMiddleware(default_retry_count=3))


@broker.task(task_name="charge once")
async def once():
    raise RuntimeError("refused")


@broker.task(task_name="charge again", retry_on_error=True)
async def again():
    raise RuntimeError("refused")


async def main():
    await broker.startup()
    for task in (once, again):
        result = await (await task.kiq()).wait_result(timeout=10)
        print(f"{task.task_name}: failed {result.is_err}")
        for span in sorted(spans.get_finished_spans(), key=lambda span: span.start_time):
            attempt, reason = span.attributes.get("taskiq._retries"), span.attributes.get("taskiq.retry.reason", "none")
            print(f"  {span.name.split('/')[0]} {span.kind.name} {span.status.status_code.name} with {len(span.events)} events,",
                  f"attempt {attempt!r}, reason {reason}")
        spans.clear()
    await broker.shutdown()


asyncio.run(main())
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "taskiq 0.13.0: a task that fails once, and one that fails three times and is given up"
echo "expected: ERROR and an event in the last run of both"
echo "seen:"; echo "$seen"
[ "$seen" = "charge once: failed True
  send PRODUCER UNSET with 0 events, attempt None, reason none
  execute CONSUMER ERROR with 1 events, attempt None, reason none
charge again: failed True
  send PRODUCER UNSET with 0 events, attempt None, reason none
  execute CONSUMER UNSET with 0 events, attempt 1, reason refused
  send PRODUCER UNSET with 0 events, attempt '1', reason none
  execute CONSUMER UNSET with 0 events, attempt 2, reason refused
  send PRODUCER UNSET with 0 events, attempt '2', reason none
  execute CONSUMER UNSET with 0 events, attempt 3, reason refused" ] || { echo "the behaviour changed"; exit 1; }
