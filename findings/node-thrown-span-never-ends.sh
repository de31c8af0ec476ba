#!/bin/bash
# In Node an error thrown out of startActiveSpan's callback leaves the span unended: it is never exported, neither with
# an error nor without. Python's start_as_current_span ends it with ERROR and an exception event.
#
# Why it matters to who writes rules: the act that failed is the one that is missing. `status == ERROR` finds nothing,
# "each order has a charge" blames the order, and the children it made are orphans.
#
# Expectation: both are the convenience that opens a span around a block of code, and Python's closes it; whoever moves
# from one to the other expects the block's end to be the span's end.
# Versions: @opentelemetry/sdk-trace-node 2.12.1, opentelemetry-sdk (Python) 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 >/dev/null

cat > throw.mjs <<'JS'
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
try {
  trace.getTracer('probe').startActiveSpan('charge', () => { throw new Error('card refused'); });
} catch { /* the caller goes on */ }
await provider.forceFlush();
console.log('node:', spans.getFinishedSpans().length, 'span');
JS
cat > throw.py <<'PY'
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
try:
    with provider.get_tracer("probe").start_as_current_span("charge"):
        raise RuntimeError("card refused")
except RuntimeError:
    pass
print("python:", len(spans.get_finished_spans()), "span", spans.get_finished_spans()[0].status.status_code.name)
PY
seen=$(node throw.mjs; v/bin/python throw.py)

echo "sdk-trace-node 2.12.1 and opentelemetry-sdk 1.45.1: an error leaves the block"
echo "expected: one span with ERROR from both"
echo "seen:"; echo "$seen"
[ "$seen" = "node: 0 span
python: 1 span ERROR" ] || { echo "the behaviour changed"; exit 1; }
