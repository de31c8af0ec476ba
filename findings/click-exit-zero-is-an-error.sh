#!/bin/bash
# A command of click that ends by `ctx.exit()`, click's own way to stop early with success, is a span with ERROR and an exception event
# beside `process.exit.code` 0. A command that ends by `sys.exit(3)` is UNSET, and its `process.exit.code` is 0 as well; the process
# ends with 3.
#
# Why it matters to who writes rules: jobs and their tools are judged by their exit code. "A run that failed is told of" fires for one
# that had nothing to do, and neither the status nor the code finds the one that stopped with 3.
#
# Expectation: `process.exit.code` is the code that the process ends with, and ERROR where that is not 0.
# Versions: opentelemetry-instrumentation-click 0.66b1, click 8.5.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 click==8.5.1 \
  opentelemetry-instrumentation-click==0.66b1

cat > probe.py <<'PY'
import sys

import click
from opentelemetry.instrumentation.click import ClickInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor


def line(span):
    events = [event.attributes["exception.type"] for event in span.events]
    return f"{span.status.status_code.name}, process.exit.code {span.attributes['process.exit.code']}, events {events}\n"


provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=line)))
ClickInstrumentor().instrument(tracer_provider=provider)


@click.command()
@click.argument("how")
@click.pass_context
def charge(context, how):
    if how == "ctx.exit()":
        context.exit()
    if how == "sys.exit(3)":
        sys.exit(3)
    if how == "ctx.exit(3)":
        context.exit(3)


charge()
PY
seen=$(for how in "return" "ctx.exit()" "ctx.exit(3)" "sys.exit(3)"; do
  code=0; told=$(v/bin/python probe.py "$how") || code=$?
  echo "$how: the process ended with $code; $told"
done)

echo "instrumentation-click 0.66b1, click 8.5.1: a command that ends in four ways"
echo "expected: codes 0, 0, 3, 3; the last two ERROR"
echo "seen:"; echo "$seen"
[ "$seen" = "return: the process ended with 0; UNSET, process.exit.code 0, events []
ctx.exit(): the process ended with 0; ERROR, process.exit.code 0, events ['click.exceptions.Exit']
ctx.exit(3): the process ended with 3; ERROR, process.exit.code 3, events ['click.exceptions.Exit']
sys.exit(3): the process ended with 3; UNSET, process.exit.code 0, events []" ] || { echo "the behaviour changed"; exit 1; }
