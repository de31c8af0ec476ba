#!/bin/bash
# A flow of Prefect that fails, is tried again and goes well has one span for both attempts, with ERROR and an exception event, of which
# no event tells that it was completed; a task of which the same is true is OK. A task whose result is taken from the cache is OK, as one
# that ran, with an event `Cached`. The names of the spans are those of the runs: a task's with three digits by chance, a flow's two words.
#
# Why it matters to who writes rules: runs that went well count as failed, and a rule on "each charge" counts charges that were not made;
# no rule can name a flow or a task by its span's name.
#
# Expectation: the status of the run's outcome, for flows as for tasks; the name of the flow or the task.
# Versions: prefect 3.9.1, opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 prefect==3.9.1

cat > probe.py <<'PY'
import re

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prefect import flow, task
from prefect.cache_policies import INPUTS

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
attempts = {"flow": 0, "task": 0}


def fail_once(what):
    attempts[what] += 1
    if attempts[what] == 1:
        raise ValueError("refused")


@task(retries=1)
def write():
    fail_once("task")


@task(cache_policy=INPUTS, persist_result=True)
def charge(order):
    return order


@flow
def shop():
    write()
    charge("7")
    charge("7")


@flow(retries=1)
def report():
    fail_once("flow")
    return "written"


shop()
print(f"report: {report()}")
print(f"attempts: {attempts}")
for span in spans.get_finished_spans():
    # A task's name with digits by chance, or a flow's two words by chance.
    name = re.sub(r"^(write|charge)-[0-9a-f]{3}$", r"\1-...", span.name)
    name = name if name != span.name else "a flow by another name" if span.name not in ("shop", "report") else span.name
    print(f"{name}: {span.status.status_code.name}, {', '.join(event.name for event in span.events)}")
PY
export PREFECT_HOME="$work/home" PREFECT_LOGGING_LEVEL=CRITICAL PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS=150
seen=$(timeout 200 v/bin/python probe.py 2>/dev/null)

echo "prefect 3.9.1: a flow with a task that is tried again and one that is cached, and a flow that is tried again"
echo "expected: OK of all, and their names"
echo "seen:"; echo "$seen"
[ "$seen" = "report: written
attempts: {'flow': 2, 'task': 2}
write-...: OK, Running, exception, Retrying, Completed
charge-...: OK, Running, Completed
charge-...: OK, Running, Cached
a flow by another name: OK, Running, Completed
a flow by another name: ERROR, Running, AwaitingRetry, Running, exception" ] || { echo "the behaviour changed"; exit 1; }
