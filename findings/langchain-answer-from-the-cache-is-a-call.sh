#!/bin/bash
# An answer that LangChain takes from its cache is a call of the model to its tracers, with the tokens of the answer as it was first
# given. LangChain notes a cost of 0 beside them, which becomes no attribute of its own.
#
# Why it matters to who writes rules: budgets of tokens and calls count what was never asked for, more the better the cache works, and
# "no call of a model without a check before it" fires where no model was called.
#
# Expectation: no span of the model where none was asked, or a mark on it, and no tokens, since none were used.
# Versions: langchain-core 1.8.3, openinference-instrumentation-langchain 0.1.80,
# opentelemetry-instrumentation-langchain (OpenLLMetry) 0.62.4.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 langchain-core==1.8.3 \
  openinference-instrumentation-langchain==0.1.80 opentelemetry-instrumentation-langchain==0.62.4

cat > probe.py <<'PY'
import sys

from langchain_core.caches import InMemoryCache
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
if sys.argv[1] == "OpenInference":
    from openinference.instrumentation.langchain import LangChainInstrumentor as Instrumentor
    tokens = "llm.token_count.total"
else:
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor as Instrumentor
    tokens = "gen_ai.usage.total_tokens"
Instrumentor().instrument(tracer_provider=provider)
asked = []


class Model(GenericFakeChatModel):
    @property
    def _identifying_params(self):
        return {"model": "fake"}

    def _generate(self, *args, **more):
        asked.append(args)
        return super()._generate(*args, **more)


used = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
model = Model(cache=InMemoryCache(), messages=iter([AIMessage(content="Paris", usage_metadata=used)]))
for _ in range(3):
    answer = model.invoke("The capital of France?")
found = spans.get_finished_spans()
marks = {key for span in found for key in span.attributes if "cache" in key or "cost" in key}
print(f"{sys.argv[1]}: asked {len(asked)}, cost of the last {answer.usage_metadata['total_cost']},",
      f"spans {len(found)}, tokens {sum(span.attributes[tokens] for span in found)}, attributes of cache or cost {len(marks)}")
PY
seen=$(for one in OpenInference OpenLLMetry; do v/bin/python probe.py $one 2>/dev/null; done)

echo "langchain-core 1.8.3, openinference-instrumentation-langchain 0.1.80, OpenLLMetry 0.62.4: one question three times, with a cache"
echo "expected: 15 tokens, or a mark on two of three spans"
echo "seen:"; echo "$seen"
[ "$seen" = "OpenInference: asked 1, cost of the last 0, spans 3, tokens 45, attributes of cache or cost 0
OpenLLMetry: asked 1, cost of the last 0, spans 3, tokens 45, attributes of cache or cost 0" ] || { echo "the behaviour changed"; exit 1; }
