#!/bin/bash
# An agent of Strands that is asked three times, as in a conversation or by a server that keeps it, has a span `invoke_agent` each time,
# a trace of its own. Its `gen_ai.usage.*` is not what this run used: it is what the agent used since it was made. The `chat` spans
# below have their own.
#
# Why it matters to who writes rules: a budget a run ("no run above 50,000 tokens") is violated by the twentieth short question, a sum
# over runs counts the first answer once for each run since, and sum and parts differ within one trace.
#
# Expectation: the usage of a run is the sum of the calls of the model below it.
# Versions: strands-agents 1.62.0, opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check strands-agents==1.62.0 opentelemetry-sdk==1.45.1

cat > probe.py <<'PY'
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from strands import Agent
from strands.models import Model

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)


class Fixed(Model):
    """Uses ten tokens and five for each answer."""

    def update_config(self, **_):
        pass

    def get_config(self):
        return {"model_id": "fixed"}

    async def structured_output(self, *_, **__):
        yield {}

    async def stream(self, *_, **__):
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockStart": {"start": {}}}
        yield {"contentBlockDelta": {"delta": {"text": "yes"}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn"}}
        yield {"metadata": {"usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}, "metrics": {"latencyMs": 1}}}


agent = Agent(name="shop", model=Fixed(), callback_handler=None)
for question in range(1, 4):
    agent("in stock?")
    told = {}
    for span in spans.get_finished_spans():
        if span.name.startswith(("invoke_agent", "chat")):
            told[span.name] = [span.attributes[f"gen_ai.usage.{part}_tokens"] for part in ("input", "output")]
    traces = {span.context.trace_id for span in spans.get_finished_spans()}
    print(f"question {question}, {len(traces)} trace: {dict(sorted(told.items()))}")
    spans.clear()
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "strands-agents 1.62.0: one agent, three questions, tokens in and out"
echo "expected: 10 and 5 of the agent's run each time"
echo "seen:"; echo "$seen"
[ "$seen" = "question 1, 1 trace: {'chat': [10, 5], 'invoke_agent shop': [10, 5]}
question 2, 1 trace: {'chat': [10, 5], 'invoke_agent shop': [20, 10]}
question 3, 1 trace: {'chat': [10, 5], 'invoke_agent shop': [30, 15]}" ] || { echo "the behaviour changed"; exit 1; }
