#!/bin/bash
# LangGraph's way to ask a person first is interrupt(), called within the tool. For tracers it is a tool that ran: while the
# graph waits there is a finished TOOL span, OK for OpenInference (with an exception event) and ERROR for OpenLLMetry. When
# the person has agreed, the graph calls the tool from its beginning, and that is a second span of it in another trace.
#
# Why it matters to who writes rules: "an approval comes before each call of send_mail" finds a call with none before it;
# "a failed tool is tried again or told of" fires for whoever waits; one mail is two calls of the tool.
#
# Expectation: waiting is neither a success nor a failure of the tool, and tracers of one event agree on the status.
# Versions: langgraph 1.2.24, langchain 1.5.2, langchain-core 1.8.3, openinference-instrumentation-langchain 0.1.80,
# opentelemetry-instrumentation-langchain (OpenLLMetry) 0.62.4.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 langgraph==1.2.24 langchain==1.5.2 \
  langchain-core==1.8.3 openinference-instrumentation-langchain==0.1.80 opentelemetry-instrumentation-langchain==0.62.4

cat > probe.py <<'PY'
import sys

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
if sys.argv[1] == "OpenInference":
    from openinference.instrumentation.langchain import LangChainInstrumentor as Instrumentor
else:
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor as Instrumentor
Instrumentor().instrument(tracer_provider=provider)
sent = []


class Model(GenericFakeChatModel):
    def bind_tools(self, *_, **__):
        return self


def send_mail(to: str) -> str:
    """Send a mail."""
    if not interrupt("May I?"):
        return "no"
    sent.append(to)
    return "sent"


call = {"name": "send_mail", "args": {"to": "ann"}, "id": "1"}
model = Model(messages=iter([AIMessage(content="", tool_calls=[call]), AIMessage(content="done")]))
agent = create_agent(model, tools=[send_mail], checkpointer=InMemorySaver(), name="mail_agent")
traces = []
for part, message in [("waits", {"messages": [("user", "Write.")]}), ("goes on", Command(resume=True))]:
    agent.invoke(message, {"configurable": {"thread_id": "1"}})
    tools = [span for span in spans.get_finished_spans() if "send_mail" in span.name]
    traces += {span.context.trace_id for span in tools}
    told = ", ".join(f"{span.status.status_code.name} with {len(span.events)} events" for span in tools)
    print(f"{sys.argv[1]}, {part}: mails sent {len(sent)}, spans of the tool {told}")
    spans.clear()
print(f"{sys.argv[1]}: traces {len(set(traces))}")
PY
seen=$(for one in OpenInference OpenLLMetry; do v/bin/python probe.py $one 2>/dev/null; done)

echo "langgraph 1.2.24, openinference-instrumentation-langchain 0.1.80, OpenLLMetry 0.62.4: a tool that asks before it sends"
echo "expected: one status of what waits, which is not that of a tool that ran, or that of one that failed"
echo "seen:"; echo "$seen"
[ "$seen" = "OpenInference, waits: mails sent 0, spans of the tool OK with 1 events
OpenInference, goes on: mails sent 1, spans of the tool OK with 0 events
OpenInference: traces 2
OpenLLMetry, waits: mails sent 0, spans of the tool ERROR with 1 events
OpenLLMetry, goes on: mails sent 1, spans of the tool UNSET with 0 events
OpenLLMetry: traces 2" ] || { echo "the behaviour changed"; exit 1; }
