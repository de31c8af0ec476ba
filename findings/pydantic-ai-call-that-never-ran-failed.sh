#!/bin/bash
# A model of Pydantic AI calls a tool with arguments that do not fit, is told so, and calls it again as it should: ordinary
# work, which the framework does by itself. The first call never reached the tool; it is an `execute_tool` span with status
# ERROR and an exception event, as if the tool had run and failed. A call that waits for approval has no span at all.
#
# Why it matters to who writes rules: "at most one payment a request" counts two calls of a tool that ran once, "an approval
# comes before each payment" asks for one before a call that was none, and "a failed tool is told of" fires on runs that went well.
#
# Expectation: the conventions' execute_tool is the execution of a tool; a call that is refused before it is none, as the same
# framework has it for a call that was not approved yet.
# Versions: pydantic-ai-slim 2.68.0, opentelemetry-sdk 1.45.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 pydantic-ai-slim==2.68.0

cat > probe.py <<'PY'
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
paid = []


def model(messages, _):
    """Asks for the tool as a model does that writes the sum in words at first."""
    last = messages[-1].parts[-1]
    asked = last.part_kind == "user-prompt"
    if not asked and last.outcome != "retried":
        return ModelResponse(parts=[TextPart("done")])
    return ModelResponse(parts=[ToolCallPart("pay", {"amount": "seven" if asked and not careful else 7})])


def pay(amount: int) -> str:
    paid.append(amount)
    return "paid"


for careful in False, True:
    agent = Agent(FunctionModel(model), output_type=[str, DeferredToolRequests])
    agent.tool_plain(pay, requires_approval=careful)
    output = agent.run_sync("Pay seven.").output
    tools = [span for span in spans.get_finished_spans() if span.name.startswith("execute_tool")]
    told = [f"{span.status.status_code.name} with {len(span.events)} events" for span in tools]
    print("waits for approval" if careful else f"says {output}", f"having paid {len(paid)} times:", ", ".join(told) or "no span")
    spans.clear()
    paid.clear()
PY
seen=$(v/bin/python probe.py)

echo "pydantic-ai-slim 2.68.0: spans of a tool that is called with a word for a number and then with a number, and of one that waits"
echo "expected: one execute_tool span for the first, which ran once"
echo "seen:"; echo "$seen"
[ "$seen" = "says done having paid 1 times: ERROR with 1 events, UNSET with 0 events
waits for approval having paid 0 times: no span" ] || { echo "the behaviour changed"; exit 1; }
