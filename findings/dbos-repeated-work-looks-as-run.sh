#!/bin/bash
# DBOS gives what a workflow or a step has recorded back instead of running it again, with a span that looks as of a run. A workflow
# that is called again under its id is a root with OK and nothing below it; a workflow that goes on from a later step has spans of
# the steps before, with OK, that did not run. No attribute says so; those of a workflow that goes on have the name of a queue besides.
#
# Why it matters to who writes rules: "each order has a charge below it" fires for each repeated call, which is what ids are for, and
# "an order is charged once" finds two charges after a workflow went on elsewhere, where the card was charged once.
#
# Expectation: what was taken from the record has no span, or one that says so.
# Versions: dbos 3.4.0, opentelemetry-sdk 1.45.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 \
  opentelemetry-exporter-otlp-proto-http==1.45.2 dbos==3.4.0

cat > probe.py <<'PY'
import os

from dbos import DBOS, SetWorkflowID
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
DBOS(config={"name": "shop", "system_database_url": f"sqlite:///{os.getcwd()}/shop.sqlite", "enable_otlp": True, "log_level": "CRITICAL"})
ran = []


@DBOS.step()
def charge():
    ran.append("charge")


@DBOS.step()
def send():
    ran.append("send")


@DBOS.workflow()
def order():
    charge()
    send()


def tell(what):
    found = sorted(spans.get_finished_spans(), key=lambda span: span.start_time)
    names = {key for span in found for key in span.attributes}
    print(f"{what}: ran {ran}, spans {[f'{span.name} {span.status.status_code.name}' for span in found]}, attributes {sorted(names)}")
    spans.clear()
    ran.clear()


DBOS.launch()
for what in ("first call", "again"):
    with SetWorkflowID("order 1"):
        order()
    tell(what)
DBOS.fork_workflow("order 1", 2).get_result()
tell("from step 2")
DBOS.destroy()
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "dbos 3.4.0: a workflow of two steps, called twice under one id, and from its second step on"
echo "expected: spans of what ran, or attributes that tell"
echo "seen:"; echo "$seen"
[ "$seen" = "first call: ran ['charge', 'send'], spans ['order OK', 'charge OK', 'send OK'], attributes ['applicationVersion', 'authenticatedUserRoles', 'executorID', 'operationType', 'operationUUID']
again: ran [], spans ['order OK'], attributes ['applicationVersion', 'authenticatedUserRoles', 'executorID', 'operationType', 'operationUUID']
from step 2: ran ['send'], spans ['order OK', 'charge OK', 'send OK'], attributes ['applicationVersion', 'authenticatedUserRoles', 'executorID', 'operationType', 'operationUUID', 'queueName']" ] || { echo "the behaviour changed"; exit 1; }
