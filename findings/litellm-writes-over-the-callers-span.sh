#!/bin/bash
# A call through LiteLLM makes a span of its own, `litellm_request`, only where nobody else has one open. Below a span of the
# program its sixty-odd attributes are written on that span, and its status is set to OK. Of two calls in one request the
# second writes over the first, of which no model, no tokens and no cost remain.
#
# Why it matters to who writes rules: "only approved models" sees the last model of each request, budgets of tokens and counts
# of calls see one call, and a request that fails after its calls stays OK, as Python keeps a status that was set to OK.
#
# Expectation: a call is a span below the current one, as every other client's; the caller's span is the caller's.
# Versions: litellm 1.110.2, opentelemetry-sdk 1.45.2. USE_OTEL_LITELLM_REQUEST_SPAN=true makes a span of each call.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 litellm==1.110.2

cat > probe.py <<'PY'
import os
import time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
from litellm.integrations.opentelemetry import OpenTelemetry, OpenTelemetryConfig
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
litellm.callbacks = [OpenTelemetry(config=OpenTelemetryConfig(exporter=InMemorySpanExporter()))]


def answered():
    return sum(span.name == "raw_gen_ai_request" for span in spans.get_finished_spans())


def ask(model):
    before = answered()
    litellm.completion(model=model, messages=[{"role": "user", "content": "?"}], mock_response="Yes.", api_key="none")
    for _ in range(600):  # What is told to tracers is told by a thread behind the call.
        if answered() > before:
            break
        time.sleep(0.1)
    time.sleep(0.5)


def show(when):
    told = {f"{span.name} {span.status.status_code.name} {span.attributes['gen_ai.request.model']}"
            for span in spans.get_finished_spans() if "gen_ai.request.model" in span.attributes}
    print(f"{when}: {', '.join(sorted(told))}")
    spans.clear()


ask("gpt-4o")
ask("gpt-4o-mini")
show("two calls alone")
try:
    with trace.get_tracer("shop").start_as_current_span("answer"):
        ask("gpt-4o")
        ask("gpt-4o-mini")
        raise ValueError("no such customer")
except ValueError:
    pass
show("two calls in a request that raises")
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "litellm 1.110.2: which spans tell of a model"
echo "expected: litellm_request twice in both cases, and \"answer\" ERROR without a model"
echo "seen:"; echo "$seen"
[ "$seen" = "two calls alone: litellm_request OK gpt-4o, litellm_request OK gpt-4o-mini
two calls in a request that raises: answer OK gpt-4o-mini" ] || { echo "the behaviour changed"; exit 1; }
