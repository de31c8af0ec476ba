#!/bin/bash
# OpenInference's instrumentation of smolagents has a TOOL span of each answer that an agent gives, of a tool "final_answer", as the
# framework has it give its answer by a tool. All tools that a program makes with `@tool` have spans of one name, "SimpleTool". A step
# whose tool failed has two exception events, and the tool's span a third, of one failure.
#
# Why it matters to who writes rules: "at most one tool a run" counts two, "an approval comes before each tool" is violated by each
# answer, a span is not found by its tool's name, and counts of exceptions are threefold.
#
# Expectation: spans named after their tools, an answer that is none of them, and one exception event a span.
# Versions: openinference-instrumentation-smolagents 0.1.43, smolagents 1.26.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 \
  openinference-instrumentation-smolagents==0.1.43 smolagents==1.26.0

cat > probe.py <<'PY'
from openinference.instrumentation.smolagents import SmolagentsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from smolagents import ChatMessage, Model, ToolCallingAgent, tool
from smolagents.models import ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
SmolagentsInstrumentor().instrument(tracer_provider=provider)


class Planned(Model):
    """Calls the tools that it was made with, one a step."""

    def __init__(self, *plan):
        super().__init__(model_id="planned")
        self.plan = list(plan)

    def generate(self, messages, **_):
        name, arguments = self.plan.pop(0)
        call = ChatMessageToolCallFunction(name=name, arguments=arguments)
        return ChatMessage(role=MessageRole.ASSISTANT, content="", tool_calls=[ChatMessageToolCall(id="1", type="function", function=call)])


@tool
def pay(amount: int) -> str:
    """Pays.

    Args:
        amount: What is paid.
    """
    if amount > 1000:
        raise RuntimeError("refused")
    return "paid"


for amount in 7, 7000:
    model = Planned(("pay", {"amount": amount}), ("final_answer", {"answer": "done"}))
    ToolCallingAgent([pay], model, verbosity_level=0).run("Pay.")
    for span in spans.get_finished_spans():
        kind = span.attributes["openinference.span.kind"]
        if kind != "AGENT":
            named = f" of {span.attributes['tool.name']}" if kind == "TOOL" else ""
            print(f"{amount}: {kind} {span.name}{named} {span.status.status_code.name} with {len(span.events)} events")
    spans.clear()
PY
seen=$(v/bin/python -W ignore probe.py 2>/dev/null | grep '^70*: ')

echo "openinference-instrumentation-smolagents 0.1.43, smolagents 1.26.0: an agent that pays and answers, and one whose payment fails"
echo "expected: one TOOL span each, called pay"
echo "seen:"; echo "$seen"
[ "$seen" = "7: TOOL SimpleTool of pay OK with 0 events
7: CHAIN Step 1 OK with 0 events
7: TOOL FinalAnswerTool of final_answer OK with 0 events
7: CHAIN Step 2 OK with 0 events
7000: TOOL SimpleTool of pay ERROR with 1 events
7000: CHAIN Step 1 ERROR with 2 events
7000: TOOL FinalAnswerTool of final_answer OK with 0 events
7000: CHAIN Step 2 OK with 0 events" ] || { echo "the behaviour changed"; exit 1; }
