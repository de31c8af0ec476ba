#!/bin/bash
# The ASGI instrumentation, and so those of Starlette and FastAPI, has one SERVER span for all the life of a WebSocket. Where the upgrade
# is refused, with 403 as by `close()` before `accept()` and for an unknown path, or with 401 as by a denial response, it is UNSET without
# any code. Once a message went, its code is 200, also where the server closes with 1011, its word for an error of its own. What is
# done for a message lies below that span, which is sent when the connection ends, and not below the message's `receive`.
#
# Why it matters to who writes rules: "who is refused five times is told of" never sees a refusal, a server that gives up looks well,
# and the messages of a day are one trace, whose root comes after all of them were judged.
#
# Expectation: the span of a refused upgrade has the code that the caller got; 1011 is an ERROR; work for a message lies below it.
# Versions: opentelemetry-instrumentation-asgi 0.66b1, starlette 1.10.0, uvicorn 0.54.0, websockets 17.4.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-asgi==0.66b1 starlette==1.10.0 uvicorn==0.54.0 websockets==17.4

cat > probe.py <<'PY'
import asyncio

import uvicorn
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("shop")


async def chat(socket):
    await socket.accept()
    while (message := await socket.receive_text()) != "break":
        with tracer.start_as_current_span(f"work for {message}"):
            await socket.send_text(message)
    await socket.close(1011)


async def refused(socket):
    await socket.close()


async def denied(socket):
    await socket.send_denial_response(Response(status_code=401))


async def mended(socket):
    trace.get_current_span().set_attribute("http.response.status_code", 403)
    await socket.close()


async def talk(url):
    """Says two messages and has the server break off, and tells how it ended."""
    try:
        async with connect(url) as socket:
            for message in "one", "two":
                await socket.send(message)
                await socket.recv()
            print("  while it is open:", sum(span.kind == trace.SpanKind.SERVER for span in spans.get_finished_spans()), "SERVER spans")
            await socket.send("break")
            await socket.recv()
    except InvalidStatus as error:
        return f"answered {error.response.status_code}"
    except ConnectionClosed as error:
        return f"closed with {error.rcvd.code}"


async def main():
    app = Starlette(routes=[WebSocketRoute(f"/{run.__name__}", run) for run in (chat, refused, denied, mended)])
    server = uvicorn.Server(uvicorn.Config(OpenTelemetryMiddleware(app, tracer_provider=provider), host="127.0.0.1", port=0, log_level="critical"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    for path in "chat", "refused", "denied", "unknown", "mended":
        ended = await talk(f"ws://127.0.0.1:{port}/{path}")
        for _ in range(100):
            if any(span.kind == trace.SpanKind.SERVER for span in spans.get_finished_spans()):
                break
            await asyncio.sleep(0.05)
        found = {span.context.span_id: span for span in spans.get_finished_spans()}
        request = next(span for span in found.values() if span.kind == trace.SpanKind.SERVER)
        code = {name: value for name, value in request.attributes.items() if name.endswith("status_code")}
        print(f"{path}, {ended}: {request.status.status_code.name} {code}")
        for span in found.values():
            if span.name.startswith("work"):
                print(f"  {span.name} lies below {found[span.parent.span_id].name}")
        spans.clear()
    server.should_exit = True
    await serving


asyncio.run(asyncio.wait_for(main(), 60))
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-asgi 0.66b1, starlette 1.10.0: a WebSocket that talks and is closed with 1011, and refused ones"
echo "expected: an ERROR, and the code of each refusal"
echo "seen:"; echo "$seen"
[ "$seen" = "  while it is open: 0 SERVER spans
chat, closed with 1011: UNSET {'http.status_code': 200}
  work for one lies below HTTP /chat
  work for two lies below HTTP /chat
refused, answered 403: UNSET {}
denied, answered 401: UNSET {}
unknown, answered 403: UNSET {}
mended, answered 403: UNSET {'http.response.status_code': 403}" ] || { echo "the behaviour changed"; exit 1; }
