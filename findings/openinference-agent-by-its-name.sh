#!/bin/bash
# OpenInference for LangChain calls the span of an agent AGENT only if its name contains "agent": the same run of
# create_agent is AGENT as "mail_agent", and CHAIN as "mailer". A chain named "agent_of_change" is AGENT too.
#
# Why it matters to who writes rules: `openinference.span.kind == AGENT` finds no run of an agent that is called by what
# it does; a rename of the agent, which changes nothing else, silences the rule.
#
# Expectation: the kind says what a span is, as LLM and TOOL do; that it is an agent stands in the span's own metadata.
# Versions: openinference-instrumentation-langchain 0.1.80, langchain 1.5.2, langchain-core 1.8.3.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 langchain==1.5.2 \
  langchain-core==1.8.3 openinference-instrumentation-langchain==0.1.80

cat > probe.py <<'PY'
import json

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
LangChainInstrumentor().instrument(tracer_provider=provider)


def root(run):
    spans.clear()
    run()
    span = next(span for span in spans.get_finished_spans() if span.parent is None)
    is_agent = "create_agent" in json.loads(span.attributes.get("metadata", "{}")).get("ls_integration", "")
    print(span.name, span.attributes["openinference.span.kind"], "an agent" if is_agent else "no agent")


for name in ["mail_agent", "mailer"]:
    agent = create_agent(FakeListChatModel(responses=["It is done."]), tools=[], name=name)
    root(lambda: agent.invoke({"messages": [{"role": "user", "content": "Write."}]}))
root(lambda: RunnableLambda(lambda text: text, name="agent_of_change").invoke("x"))
PY
seen=$(v/bin/python probe.py)

echo "openinference-instrumentation-langchain 0.1.80, langchain 1.5.2: kinds of three runs"
echo "expected: AGENT, AGENT, CHAIN"
echo "seen:"; echo "$seen"
[ "$seen" = "mail_agent AGENT an agent
mailer CHAIN an agent
agent_of_change AGENT no agent" ] || { echo "the behaviour changed"; exit 1; }
