#!/bin/bash
# aiohttp's server, instrumented as its documentation says, has one SERVER span for each level of sub-applications that a request goes
# through: brothers below the caller's span, all with the same name, route and code; without a caller each is a trace of its own. What
# the handler does lies below the innermost one.
#
# Why it matters to who writes rules: "a request to /admin is written to the audit" is violated by the outer span, below which there is
# nothing, counts of requests are doubled, and without a caller the request is judged as two traces of which one is empty.
#
# Expectation: a request has one SERVER span.
# Versions: opentelemetry-instrumentation-aiohttp-server 0.66b1, aiohttp 3.14.5.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-aiohttp-server==0.66b1 aiohttp==3.14.5

cat > probe.py <<'PY'
import asyncio

import aiohttp
from aiohttp import web
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_server import AioHttpServerInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
AioHttpServerInstrumentor().instrument()
CALLER = "cd" * 8


async def order(_):
    with provider.get_tracer("shop").start_as_current_span("audit"):
        return web.Response(text="7")


def show(what):
    found = {span.context.span_id: span for span in spans.get_finished_spans()}
    for span in sorted(found.values(), key=lambda span: span.start_time):
        above = span.parent and format(span.parent.span_id, "016x")
        below = [other.name for other in found.values() if other.parent and other.parent.span_id == span.context.span_id]
        if span.kind == trace.SpanKind.SERVER:
            above = {None: "without a parent", CALLER: "below the caller"}.get(above, "below another")
            print(f"{what}: SERVER {span.name} {span.attributes['http.status_code']} {above}, below it {below}")
    print(f"{what}: {len({span.context.trace_id for span in found.values()})} trace(s)")
    spans.clear()


async def ask(what, mend=False, caller=True):
    shop, admin = web.Application(), web.Application()
    if mend:
        admin.middlewares.pop(0)
    shop.router.add_get("/orders/{id}", order)
    admin.router.add_get("/orders/{id}", order)
    shop.add_subapp("/admin", admin)
    runner = web.AppRunner(shop)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    headers = {"traceparent": f"00-{'ab' * 16}-{CALLER}-01"} if caller else {}
    path = "/orders/7" if what == "application" else "/admin/orders/7"
    async with aiohttp.ClientSession() as client:
        async with client.get(f"http://127.0.0.1:{runner.addresses[0][1]}{path}", headers=headers) as answer:
            await answer.read()
    await runner.cleanup()
    show(what)


async def main():
    await ask("application")
    await ask("sub-application")
    await ask("without caller", caller=False)
    await ask("middleware taken out", mend=True)


asyncio.run(asyncio.wait_for(main(), 60))
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-aiohttp-server 0.66b1, aiohttp 3.14.5: a request to an application, and one to a sub-application of it"
echo "expected: one SERVER span each, with the audit below it"
echo "seen:"; echo "$seen"
[ "$seen" = "application: SERVER GET /orders/{id} 200 below the caller, below it ['audit']
application: 1 trace(s)
sub-application: SERVER GET /admin/orders/{id} 200 below the caller, below it []
sub-application: SERVER GET /admin/orders/{id} 200 below the caller, below it ['audit']
sub-application: 1 trace(s)
without caller: SERVER GET /admin/orders/{id} 200 without a parent, below it []
without caller: SERVER GET /admin/orders/{id} 200 without a parent, below it ['audit']
without caller: 2 trace(s)
middleware taken out: SERVER GET /admin/orders/{id} 200 below the caller, below it ['audit']
middleware taken out: 1 trace(s)" ] || { echo "the behaviour changed"; exit 1; }
