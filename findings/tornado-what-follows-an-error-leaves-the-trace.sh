#!/bin/bash
# Tornado's instrumentation ends the SERVER span of a request where its handler raises, before Tornado writes the answer. What
# `write_error` does, and `on_finish` after it, is a trace of its own for each span, for a refusal by HTTPError too; an exception that
# `write_error` answers with 409 has the code 500 and is an ERROR. Of a request that goes well, `on_finish` lies below its span.
#
# Why it matters to who writes rules: "each refused request is written to the audit" is violated always where the audit is written in
# `write_error` or `on_finish`, which is the place for it, and holds for those that went well.
#
# Expectation: the span lasts until the answer is written and has its code, and what is done for it lies below.
# Versions: opentelemetry-instrumentation-tornado 0.66b1, tornado 6.6.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-tornado==0.66b1 tornado==6.6.1

cat > probe.py <<'PY'
import asyncio
import http.client
import logging

from opentelemetry import trace
from opentelemetry.instrumentation.tornado import TornadoInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable(logging.CRITICAL)
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
TornadoInstrumentor().instrument()

import tornado.web
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port


def audit(what):
    with provider.get_tracer("shop").start_as_current_span(what):
        pass


class Order(tornado.web.RequestHandler):
    async def get(self, what):
        if what == "refused":
            raise tornado.web.HTTPError(403)
        if what == "conflict":
            raise LookupError("ordered already")
        if what == "answered":
            self.set_status(403)
            audit("audit in get")
        self.finish(what)

    def write_error(self, code, exc_info=None, **_):
        if exc_info and exc_info[0] is LookupError:
            self.set_status(409)
        audit("audit in write_error")
        self.finish("no")

    def on_finish(self):
        audit("audit in on_finish")


def get(port, what):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/orders/{what}")
    code = connection.getresponse().status
    connection.close()
    return code


async def main():
    socket, port = bind_unused_port(address="127.0.0.1")
    server = HTTPServer(tornado.web.Application([("/orders/(.*)", Order)]))
    server.add_sockets([socket])
    for what in "good", "answered", "refused", "conflict":
        code = await asyncio.to_thread(get, port, what)
        for _ in range(100):
            if any(span.name == "audit in on_finish" for span in spans.get_finished_spans()):
                break
            await asyncio.sleep(0.05)
        found = spans.get_finished_spans()
        request = next(span for span in found if span.kind == trace.SpanKind.SERVER)
        print(f"{what}, answered {code}: {request.attributes['http.status_code']} {request.status.status_code.name}")
        for span in sorted(found, key=lambda span: span.start_time):
            if span is not request:
                print(" ", span.name, "lies", "below" if span.parent else "in a trace of its own")
        spans.clear()
    server.stop()


asyncio.run(asyncio.wait_for(main(), 60))
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-tornado 0.66b1, tornado 6.6.1: a request that goes well, a refusal answered, one raised, and an exception made 409"
echo "expected: the code of the answer, and all spans below"
echo "seen:"; echo "$seen"
[ "$seen" = "good, answered 200: 200 UNSET
  audit in on_finish lies below
answered, answered 403: 403 UNSET
  audit in get lies below
  audit in on_finish lies below
refused, answered 403: 403 UNSET
  audit in write_error lies in a trace of its own
  audit in on_finish lies in a trace of its own
conflict, answered 409: 500 ERROR
  audit in write_error lies in a trace of its own
  audit in on_finish lies in a trace of its own" ] || { echo "the behaviour changed"; exit 1; }
