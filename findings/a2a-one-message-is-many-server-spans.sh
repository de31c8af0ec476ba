#!/bin/bash
# The A2A SDK for Python makes a span of kind SERVER of every method of its classes that handle a request: one message that is
# answered with one word is more than twenty SERVER spans in one trace, below each other, of which none is a request over HTTP.
# Where the agent raises, the outermost of them, which is the request, is OK and those below it are ERROR.
#
# Why it matters to who writes rules: requests are counted by their SERVER spans, "a request begins with a check" is asked of each
# `enqueue_event` and `task_done`, and a request that failed is found by none of its own statuses at the root.
#
# Expectation: SERVER is for the side that answers a call from outside, once a call; methods inside are INTERNAL.
# Versions: a2a-sdk 1.3.0, opentelemetry-sdk 1.45.2. OTEL_INSTRUMENTATION_A2A_SDK_ENABLED=false makes no spans at all.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 a2a-sdk==1.3.0 starlette==1.10.0 \
  sse-starlette==3.7.0 httpx==0.28.1

cat > probe.py <<'PY'
import asyncio
import logging
import sys

import httpx
from a2a.helpers.proto_helpers import new_text_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCard
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette

logging.disable(logging.CRITICAL)
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)


class Agent(AgentExecutor):
    def __init__(self, raises):
        self.raises = raises

    async def execute(self, context, events):
        if self.raises:
            raise ValueError("out of stock")
        await events.enqueue_event(new_text_message("hello"))

    async def cancel(self, context, events):
        pass


async def ask(what, raises):
    spans.clear()
    handler = DefaultRequestHandler(agent_executor=Agent(raises), task_store=InMemoryTaskStore(), agent_card=AgentCard(name="shop"))
    app = Starlette(routes=create_jsonrpc_routes(handler, "/"))
    message = {"messageId": "1", "role": "ROLE_USER", "parts": [{"text": "hi"}]}
    call = {"jsonrpc": "2.0", "id": "1", "method": "SendMessage", "params": {"message": message}}
    # The program's own application, called in the same process.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop") as client:
        answer = (await client.post("/", headers={"A2A-Version": "1.0"}, json=call)).json()
    await asyncio.sleep(0.5)
    found = spans.get_finished_spans()
    root = next(span for span in found if span.parent is None)
    kinds, traces = {span.kind.name for span in found}, {span.context.trace_id for span in found}
    failed = sum(span.status.status_code.name == "ERROR" for span in found)
    print(f"{what}, answered with {'an error' if 'error' in answer else 'a result'}: more than twenty spans {len(found) > 20},",
          f"kinds {kinds}, traces {len(traces)}; root {root.status.status_code.name}, ERROR below it {failed > 0}")


async def main():
    await ask("answers", False)
    await ask("raises", True)


asyncio.run(main())
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "a2a-sdk 1.3.0: one message each to two agents"
echo "expected: one SERVER span, which is ERROR where the agent raises"
echo "seen:"; echo "$seen"
[ "$seen" = "answers, answered with a result: more than twenty spans True, kinds {'SERVER'}, traces 1; root OK, ERROR below it False
raises, answered with an error: more than twenty spans True, kinds {'SERVER'}, traces 1; root OK, ERROR below it True" ] || { echo "the behaviour changed"; exit 1; }
