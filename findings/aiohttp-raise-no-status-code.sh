#!/bin/bash
# A handler of aiohttp that raises is answered with 500, but its server span has no status code at all, neither under
# the old nor the new name. Its status message is "Non-integer HTTP status: ValueError".
#
# Why it matters to who writes rules: the commonest rule of all, "status code 500 or more", misses exactly the failures
# nobody planned. A handler that returns 500 itself is seen.
#
# Expectation: the HTTP conventions require the status code whenever one was sent; the client received 500.
# Versions: opentelemetry-instrumentation-aiohttp-server 0.66b1, aiohttp 3.14.5.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 aiohttp==3.14.5 \
  opentelemetry-instrumentation-aiohttp-server==0.66b1

cat > probe.py <<'PY'
import asyncio, logging
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_server import AioHttpServerInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable()
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
AioHttpServerInstrumentor().instrument()
from aiohttp import ClientSession, web


async def raises(request):
    raise ValueError("no such order")


async def returns(request):
    return web.Response(status=500)


async def main():
    app = web.Application()
    app.router.add_get("/raises", raises)
    app.router.add_get("/returns", returns)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with ClientSession() as client:
        for path in ("/raises", "/returns"):
            async with client.get(base + path) as answer:
                print(f"{path}: the client got {answer.status}", end="; ")
            span = spans.get_finished_spans()[-1]
            code = span.attributes.get("http.status_code", span.attributes.get("http.response.status_code"))
            print(f"span: code {code}, {span.status.status_code.name}, message {span.status.description}")
    await runner.cleanup()

asyncio.run(main())
PY
seen=$(v/bin/python probe.py)

echo "aiohttp 3.14.5 with instrumentation 0.66b1"
echo "expected: code 500 on both spans"
echo "seen:"; echo "$seen"
[ "$seen" = "/raises: the client got 500; span: code None, ERROR, message Non-integer HTTP status: ValueError
/returns: the client got 500; span: code 500, ERROR, message None" ] || { echo "the behaviour changed"; exit 1; }
