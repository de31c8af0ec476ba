#!/bin/bash
# OpenInference's instrumentation of LangChain makes its spans in callbacks and makes none of them the current one. What is called
# inside (the client of the model, with an instrumentation of its own, or a span of the tool's author) therefore stands below the
# span that was current before the run: beside it, and not below the span of LangChain that it belongs to.
#
# Why it matters to who writes rules: one call of a model is two spans, neither inside the other, and tokens count twice; "inside
# the tool's span" finds nothing that the tool did.
#
# Expectation: the client's span and the tool's own are descendants of LangChain's.
# Versions: openinference-instrumentation-langchain 0.1.80, langchain-core 1.8.3, opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  openinference-instrumentation-langchain==0.1.80 langchain-core==1.8.3

cat > probe.py <<'PY'
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
from openinference.instrumentation.langchain import LangChainInstrumentor

LangChainInstrumentor().instrument()
from langchain_core.tools import tool


@tool
def send_email(to: str) -> str:
    """Sends a mail."""
    with trace.get_tracer("mailer").start_as_current_span("smtp"):
        return "sent"


with trace.get_tracer("mailer").start_as_current_span("request"):
    send_email.invoke({"to": "a@example.org"})
found = spans.get_finished_spans()
of = {span.context.span_id: span.name for span in found}
for span in sorted(found, key=lambda span: span.name):
    print(span.name, "below", of.get(span.parent.span_id) if span.parent else "nobody")
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "openinference-instrumentation-langchain 0.1.80: a tool that makes a span"
echo "expected: smtp below send_email"
echo "seen:"; echo "$seen"
[ "$seen" = "request below nobody
send_email below request
smtp below request" ] || { echo "the behaviour changed"; exit 1; }
