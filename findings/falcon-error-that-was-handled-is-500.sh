#!/bin/bash
# An exception that a program with Falcon turns into an answer by `add_error_handler`, as the manual advises for errors of one's own, is
# answered with 409; the span of the request has the code 500 and is an ERROR. It is so too where the handler raises Falcon's own error,
# and where it repairs all and the answer is 200. The same refusal without a handler has 409 and is UNSET.
#
# Why it matters to who writes rules: refusals that were thought of count as failures of the service, "a request that failed changes
# nothing" is asked of those that went well, and the code that was answered is nowhere in the trace but at the caller.
#
# Expectation: the code that the caller got.
# Versions: opentelemetry-instrumentation-falcon 0.66b1, falcon 4.4.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-falcon==0.66b1 falcon==4.4.0

cat > probe.py <<'PY'
import falcon
import falcon.testing
from opentelemetry.instrumentation.falcon import FalconInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
FalconInstrumentor().instrument(tracer_provider=provider)


class Taken(Exception):
    pass


class Sold(Exception):
    pass


class Slow(Exception):
    pass


def answer_conflict(request, response, error, params):
    response.status = falcon.HTTP_409


def raise_conflict(request, response, error, params):
    raise falcon.HTTPConflict


def answer_from_the_cache(request, response, error, params):
    response.text = "as of yesterday"


class Orders:
    def on_get(self, request, response, way):
        if way == "answered":
            response.status = falcon.HTTP_409
        elif way == "raised":
            raise falcon.HTTPConflict
        elif way == "handled":
            raise Taken
        elif way == "handled-by-raising":
            raise Sold
        elif way == "repaired":
            raise Slow


app = falcon.App()
app.add_route("/orders/{way}", Orders())
app.add_error_handler(Taken, answer_conflict)
app.add_error_handler(Sold, raise_conflict)
app.add_error_handler(Slow, answer_from_the_cache)
client = falcon.testing.TestClient(app)
for way in ("answered", "raised", "handled", "handled-by-raising", "repaired"):
    answer = client.simulate_get(f"/orders/{way}")
    (span,) = spans.get_finished_spans()
    code, status = span.attributes.get("http.status_code"), span.status.status_code.name
    print(f"{way}: answered {answer.status_code}, the span says {code} {status}")
    spans.clear()
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-falcon 0.66b1, falcon 4.4.0: requests that are refused in several ways, and one whose failure is repaired"
echo "expected: the code of the answer, UNSET"
echo "seen:"; echo "$seen"
[ "$seen" = "answered: answered 409, the span says 409 UNSET
raised: answered 409, the span says 409 UNSET
handled: answered 409, the span says 500 ERROR
handled-by-raising: answered 409, the span says 500 ERROR
repaired: answered 200, the span says 500 ERROR" ] || { echo "the behaviour changed"; exit 1; }
