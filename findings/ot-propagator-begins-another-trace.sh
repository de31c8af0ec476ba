#!/bin/bash
# The OT propagator (`ottrace`, for services and proxies that still speak OpenTracing's headers) sends the right half of the trace id
# alone, and puts zeros in its place on the other side. The first call of each request goes to another trace, whose parent is not
# in it. Added to others it does the same: of `tracecontext,ottrace` the last one that finds its header has the say, though
# the whole id stands in `traceparent` beside it.
#
# Why it matters to who writes rules: the root is alone in its trace and all that it called in another: every rule that rests on
# absence fires at each request, as if the services below were not traced.
#
# Expectation: what two services of OpenTelemetry tell each other is whole, as with B3 and with Jaeger's header, whose ids may be short
# too; a header is added for others, and takes nothing away.
# Versions: opentelemetry-propagator-ot-trace 0.66b1, -jaeger 1.45.1, -b3 1.45.1, opentelemetry-sdk 1.45.1 (Python);
# @opentelemetry/propagator-ot-trace 0.29.0, sdk-trace-node 2.12.1 (Node).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check opentelemetry-sdk==1.45.1 opentelemetry-propagator-ot-trace==0.66b1 \
  opentelemetry-propagator-jaeger==1.45.1 opentelemetry-propagator-b3==1.45.1
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @opentelemetry/api@1.9.0 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/core@2.12.1 @opentelemetry/propagator-ot-trace@0.29.0 >/dev/null

cat > probe.py <<'PY'
import os
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import TracerProvider

tracer = TracerProvider().get_tracer("probe")
headers = {}
with tracer.start_as_current_span("caller") as caller:
    propagate.inject(headers)
with tracer.start_as_current_span("callee", context=propagate.extract(headers)) as callee:
    short = "%032x" % callee.get_span_context().trace_id
caller = caller.get_span_context()
print("Python", os.environ["OTEL_PROPAGATORS"] + ":", "one trace" if short == "%032x" % caller.trace_id else
      "two traces, the second of zeros and half of the first" if short == "0" * 16 + ("%032x" % caller.trace_id)[16:] else "two traces")
PY
cat > probe.js <<'JS'
const { propagation, trace, ROOT_CONTEXT } = require('@opentelemetry/api');
const { CompositePropagator, W3CTraceContextPropagator } = require('@opentelemetry/core');
const { OTTracePropagator } = require('@opentelemetry/propagator-ot-trace');
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

const propagators = { tracecontext: new W3CTraceContextPropagator(), ottrace: new OTTracePropagator() };
const tracer = new NodeTracerProvider().getTracer('probe');
for (const names of ['tracecontext', 'ottrace', 'tracecontext,ottrace']) {
  propagation.disable();
  propagation.setGlobalPropagator(new CompositePropagator({ propagators: names.split(',').map((name) => propagators[name]) }));
  const caller = tracer.startSpan('caller', {}, ROOT_CONTEXT);
  const headers = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, caller), headers);
  const callee = tracer.startSpan('callee', {}, propagation.extract(ROOT_CONTEXT, headers));
  const first = caller.spanContext().traceId, second = callee.spanContext().traceId;
  console.log(`Node ${names}:`, first === second ? 'one trace'
    : second === '0'.repeat(16) + first.slice(16) ? 'two traces, the second of zeros and half of the first' : 'two traces');
}
JS
seen=$(for names in tracecontext b3 jaeger ottrace tracecontext,ottrace ottrace,tracecontext; do OTEL_PROPAGATORS=$names venv/bin/python probe.py; done
node probe.js)

echo "propagator-ot-trace 0.66b1 (Python), 0.29.0 (Node): a service calls another, both with the same propagators"
echo "expected: one trace each time"
echo "seen:"; echo "$seen"
[ "$seen" = "Python tracecontext: one trace
Python b3: one trace
Python jaeger: one trace
Python ottrace: two traces, the second of zeros and half of the first
Python tracecontext,ottrace: two traces, the second of zeros and half of the first
Python ottrace,tracecontext: one trace
Node tracecontext: one trace
Node ottrace: two traces, the second of zeros and half of the first
Node tracecontext,ottrace: two traces, the second of zeros and half of the first" ] || { echo "the behaviour changed"; exit 1; }
