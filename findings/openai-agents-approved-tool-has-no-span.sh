#!/bin/bash
# A tool of the OpenAI Agents SDK that needs a person's approval has a TOOL span with status OK while the agent waits for it:
# nothing was run. When the run goes on after the approval and the tool is truly called, no span is made, of the tool or of
# anything else in that run. OpenInference knows a trace by its start, and a run that goes on starts none.
#
# Why it matters to who writes rules: "an approval comes before each call of send_mail" finds the call that was not made,
# before the approval, and never meets the one that was made. Of an approved act there is no record at all.
#
# Expectation: a TOOL span is a tool that ran, as it is for tools without approval; a run that goes on is traced as the first
# part of it was. The SDK hands the spans of both parts to its processors.
# Versions: openinference-instrumentation-openai-agents 2.6.0, openai-agents 0.24.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 openai-agents==0.24.0 \
  openinference-instrumentation-openai-agents==2.6.0

cat > probe.py <<'PY'
import asyncio

from agents import Agent, Model, ModelResponse, Runner, Usage, function_tool
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
# The only processor: what the SDK sends to its maker by itself is off.
OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
sent = []


class Scripted(Model):
    """A model that asks for the tool, and then says that all is done."""
    answers = None

    async def get_response(self, *_, **__):
        self.answers = self.answers or iter([
            ResponseFunctionToolCall(call_id="1", name="send_mail", arguments='{"to": "ann"}', type="function_call"),
            ResponseOutputMessage(id="2", role="assistant", status="completed", type="message", content=[
                ResponseOutputText(text="done", type="output_text", annotations=[])]),
        ])
        return ModelResponse(output=[next(self.answers)], usage=Usage(), response_id=None)

    def stream_response(self, *_, **__):
        raise NotImplementedError


def send_mail(to: str) -> str:
    sent.append(to)
    return "sent"


def tell(part):
    provider.force_flush()
    finished = spans.get_finished_spans()
    tools = [f"{span.name} {span.status.status_code.name}" for span in finished
             if span.attributes["openinference.span.kind"] == "TOOL"]
    print(f"{part}: mails sent {len(sent)}, spans of tools {tools}, other spans {len(finished) > len(tools)}")
    spans.clear()
    sent.clear()


async def main():
    free = Agent(name="mailer", model=Scripted(), tools=[function_tool(send_mail)])
    await Runner.run(free, "Write.")
    tell("without approval")
    careful = Agent(name="mailer", model=Scripted(), tools=[function_tool(send_mail, needs_approval=True)])
    waiting = await Runner.run(careful, "Write.")
    tell("waits")
    state = waiting.to_state()
    state.approve(waiting.interruptions[0])
    await Runner.run(careful, state)
    tell("approved")


asyncio.run(main())
PY
seen=$(v/bin/python probe.py)

echo "openinference-instrumentation-openai-agents 2.6.0, openai-agents 0.24.0: one mail without approval, one that waits for it"
echo "expected: a span of the tool wherever a mail is sent, and nowhere else"
echo "seen:"; echo "$seen"
[ "$seen" = "without approval: mails sent 1, spans of tools ['send_mail OK'], other spans True
waits: mails sent 0, spans of tools ['send_mail OK'], other spans True
approved: mails sent 1, spans of tools [], other spans False" ] || { echo "the behaviour changed"; exit 1; }
