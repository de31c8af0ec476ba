#!/bin/bash
# A model of Google's ADK that calls two tools in one answer has three spans of the operation execute_tool: one a tool, and a third,
# `execute_tool (merged)`, for putting their answers together. It has a tool's name, "(merged tools)", and an id of a call that no
# model made. A tool that waits for a person's confirmation, and did not run, is an execute_tool span, UNSET as one that ran.
#
# Why it matters to who writes rules: counts and limits of tool calls are one too high wherever a model calls several at once, "each
# tool is on the list" meets a tool that nobody wrote, and "no payment without approval" fires while the approval is asked for.
#
# Expectation: a span a tool that ran.
# Versions: google-adk 2.13.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check google-adk==2.13.0

cat > probe.py <<'PY'
import asyncio

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)

from google.adk.agents import Agent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools import FunctionTool
from google.genai import types

ran = []


def charge(card: str) -> dict:
    """Charges a card."""
    ran.append(card)
    return {"charged": True}


class Fixed(BaseLlm):
    """Calls the tool for each of its cards, then ends."""

    cards: list[str]

    async def generate_content_async(self, *_, **__):
        calls = [types.FunctionCall(name="charge", args={"card": card}, id=card) for card in self.cards]
        parts = [types.Part(function_call=call) for call in calls] or [types.Part(text="done")]
        self.cards = []
        yield LlmResponse(content=types.Content(role="model", parts=parts))


async def run(what, cards, tool):
    runner = InMemoryRunner(agent=Agent(name="shop", model=Fixed(model="fixed", cards=cards), tools=[tool]), app_name="shop")
    session = await runner.session_service.create_session(app_name="shop", user_id="u")
    message = types.Content(role="user", parts=[types.Part(text="go")])
    async for _ in runner.run_async(user_id="u", session_id=session.id, new_message=message):
        pass
    print(f"{what}: ran {sorted(ran)}")
    for span in spans.get_finished_spans():
        if span.attributes.get("gen_ai.operation.name") == "execute_tool":
            known = span.attributes["gen_ai.tool.call.id"] in ("a", "b")
            print(f"  {span.attributes['gen_ai.tool.name']} {span.status.status_code.name}, id of a call {known}")
    spans.clear()
    ran.clear()


asyncio.run(run("one", ["a"], charge))
asyncio.run(run("two", ["a", "b"], charge))
asyncio.run(run("one to be confirmed", ["a"], FunctionTool(charge, require_confirmation=True)))
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "google-adk 2.13.0: one call of a tool, two at once, one that waits for a person"
echo "expected: one span, two, none"
echo "seen:"; echo "$seen"
[ "$seen" = "one: ran ['a']
  charge UNSET, id of a call True
two: ran ['a', 'b']
  charge UNSET, id of a call True
  charge UNSET, id of a call True
  (merged tools) UNSET, id of a call False
one to be confirmed: ran []
  charge UNSET, id of a call True" ] || { echo "the behaviour changed"; exit 1; }
