#!/bin/bash
# `@tracer.start_as_current_span("answer")` on a generator, plain or async, makes a span that has ended before the first line of
# the function ran: it is UNSET whatever the generator raises, and what the function does stands beside it, in other traces.
#
# Why it matters to who writes rules: streamed answers of models are such functions. "A call of the model lies inside the answer"
# and "an answer takes two seconds at most" never see the answer's work, and an answer that broke off never failed.
#
# Expectation: the decorator knows coroutines, whose span lasts until they are done; so it does for a generator, or refuses it.
# Versions: opentelemetry-sdk 1.45.2 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2

cat > probe.py <<'PY'
import asyncio

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("probe")


def ask():
    with tracer.start_as_current_span("ask the model"):
        pass


@tracer.start_as_current_span("answer")
async def coroutine():
    ask()
    raise RuntimeError("broke off")


@tracer.start_as_current_span("answer")
def generator():
    ask()
    yield "a word"
    raise RuntimeError("broke off")


@tracer.start_as_current_span("answer")
async def async_generator():
    ask()
    yield "a word"
    raise RuntimeError("broke off")


async def read(kind):
    try:
        if kind is coroutine:
            await kind()
        elif kind is generator:
            list(kind())
        else:
            [word async for word in kind()]
    except RuntimeError:
        pass


for kind in (coroutine, generator, async_generator):
    asyncio.run(read(kind))
    named = {span.name: span for span in spans.get_finished_spans()}
    answer, asked = named["answer"], named["ask the model"]
    order = "over before the model was asked" if answer.end_time <= asked.start_time else "over when it was done"
    print(f"{kind.__name__}: answer {answer.status.status_code.name}, {order},",
          "the model's call is", "its child" if asked.parent else "a trace of its own")
    spans.clear()
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-sdk 1.45.2: three functions that ask a model and then raise, with one decorator"
echo "expected: ERROR and a child each time"
echo "seen:"; echo "$seen"
[ "$seen" = "coroutine: answer ERROR, over when it was done, the model's call is its child
generator: answer UNSET, over before the model was asked, the model's call is a trace of its own
async_generator: answer UNSET, over before the model was asked, the model's call is a trace of its own" ] || { echo "the behaviour changed"; exit 1; }
