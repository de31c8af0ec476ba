#!/bin/bash
# Strawberry's extension for OpenTelemetry makes a SERVER span for each GraphQL operation, below the SERVER span of the request that
# carries it. It is UNSET whatever becomes of the operation: of one whose whole answer is null for an error, and of one that was refused
# as it does not fit the schema. The arguments of each resolver are attributes, and a text that was written into the query is in `query`.
#
# Why it matters to who writes rules: counts of requests are twice what was asked, "a request has a code" is violated by each operation,
# and an operation that failed is not found by the status of what is called "GraphQL Query".
#
# Expectation: INTERNAL, an ERROR where there are errors and no data, and no values that were not asked for.
# Versions: strawberry-graphql 0.341.2, opentelemetry-instrumentation-asgi 0.66b1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-asgi==0.66b1 strawberry-graphql==0.341.2 \
  starlette==1.10.0 httpx==0.28.1

cat > probe.py <<'PY'
import asyncio
import logging

import httpx
import strawberry
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from strawberry.asgi import GraphQL
from strawberry.extensions.tracing import OpenTelemetryExtension

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
logging.disable(logging.CRITICAL)


@strawberry.type
class Query:
    @strawberry.field
    def order(self, name: str) -> str:
        if name == "Bob":
            raise ValueError("refused")
        return "charged"


schema = strawberry.Schema(Query, extensions=[OpenTelemetryExtension])
app = OpenTelemetryMiddleware(GraphQL(schema), exclude_spans=["receive", "send"])
ASKED = {"goes well": '{ order(name: "Ada") }', "fails": '{ order(name: "Bob") }', "is not known": "{ refund }"}


async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        for name, query in ASKED.items():
            answer = (await client.post("/", json={"query": query})).json()
            print(f"{name}: {'data' if answer['data'] else 'no data'}, {len(answer.get('errors', []))} errors")
            for span in spans.get_finished_spans():
                if span.kind.name == "SERVER" or "Resolving" in span.name:
                    keys = [key for key in ("http.status_code", "query", "graphql.param.name") if key in span.attributes]
                    told = ", ".join(f"{key} {span.attributes[key]}" for key in keys)
                    print(f"  {span.name} {span.kind.name} {span.status.status_code.name}: {told}")
            spans.clear()


asyncio.run(main())
PY
seen=$(v/bin/python probe.py)

echo "strawberry-graphql 0.341.2: an operation that goes well, one that fails, one that does not fit the schema"
echo "expected: one SERVER span each, ERROR on the operations that failed"
echo "seen:"; echo "$seen"
[ "$seen" = 'goes well: data, 0 errors
  GraphQL Resolving: order INTERNAL UNSET: graphql.param.name Ada
  GraphQL Query SERVER UNSET: query { order(name: "Ada") }
  POST / SERVER UNSET: http.status_code 200
fails: no data, 1 errors
  GraphQL Resolving: order INTERNAL ERROR: graphql.param.name Bob
  GraphQL Query SERVER UNSET: query { order(name: "Bob") }
  POST / SERVER UNSET: http.status_code 200
is not known: no data, 1 errors
  GraphQL Query SERVER UNSET: query { refund }
  POST / SERVER UNSET: http.status_code 200' ] || { echo "the behaviour changed"; exit 1; }
