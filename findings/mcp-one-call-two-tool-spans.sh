#!/bin/bash
# One call of one tool over MCP, with the libraries' own tracing, is three spans, two of which are execute_tool with the
# tool's name: the client's and the server's. When the tool raises, those two are ERROR and the third, the client's
# send of the very same request, is UNSET. None of them has the call's id.
#
# Why it matters to who writes rules: a loop rule ("no tool is called more than N times") fires at half its bound, an
# approval that is looked for before each execute_tool is missing for one of the two, and no key pairs them.
#
# Expectation: the conventions describe execute_tool as the span of a tool's execution, of which there was one.
# Versions: fastmcp 4.2.3, mcp 2.3.0, opentelemetry-sdk 1.45.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check fastmcp==4.2.3 mcp==2.3.0 opentelemetry-sdk==1.45.2

cat > probe.py <<'PY'
import asyncio, logging
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
from fastmcp import Client, FastMCP

logging.disable()
tools = FastMCP("tools")


@tools.tool
def refund(order: int) -> str:
    if order < 0:
        raise ValueError("no such order")
    return "done"


async def main():
    async with Client(tools) as client:
        for order in (7, -7):
            spans.clear()
            await client.call_tool("refund", {"order": order}, raise_on_error=False)
            print("order", order)
            for span in sorted(spans.get_finished_spans(), key=lambda s: s.name):
                if span.attributes.get("mcp.method.name") == "tools/call":
                    print(" ", span.kind.name, span.name, span.attributes.get("gen_ai.operation.name"),
                          span.status.status_code.name, span.attributes.get("gen_ai.tool.call.id"))

asyncio.run(main())
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "fastmcp 4.2.3 on mcp 2.3.0: two calls of refund, the second of which raises"
echo "expected: one execute_tool span for each call; every span of the second call ERROR"
echo "seen:"; echo "$seen"
[ "$seen" = "order 7
  CLIENT MCP send tools/call refund None UNSET None
  SERVER tools/call refund execute_tool UNSET None
  CLIENT tools/call refund execute_tool UNSET None
order -7
  CLIENT MCP send tools/call refund None UNSET None
  SERVER tools/call refund execute_tool ERROR None
  CLIENT tools/call refund execute_tool ERROR None" ] || { echo "the behaviour changed"; exit 1; }
