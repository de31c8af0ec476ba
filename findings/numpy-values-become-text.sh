#!/bin/bash
# Numbers of numpy change their kind on the way into a span: float64 stays a number, float32 and int64 become text, and
# a comparison's result (numpy's bool) becomes the text "True". The SDK logs one line on standard error.
#
# Why it matters to who writes rules: scores and counts of AI programs come out of numpy. `score < 0.5` is then a
# comparison with text, and `flagged == true` never holds. Which one it is depends on the precision of an array.
#
# Expectation: numbers and booleans are attribute kinds, and numpy registers its numbers as Python's (numbers.Real,
# numbers.Integral): one expects a number, or the value left out, as the specification says of values of no allowed kind.
# Versions: opentelemetry-sdk 1.45.1, numpy 2.4.6, encoded by opentelemetry-exporter-otlp-proto-common 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 numpy==2.4.6 \
  opentelemetry-exporter-otlp-proto-common==1.45.1

cat > probe.py <<'PY'
import logging, numbers
import numpy as np
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable()
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
with provider.get_tracer("probe").start_as_current_span("evaluate") as span:
    scores = {"float64": np.float64(0.25), "float32": np.float32(0.25), "int64": np.int64(3), "bool": np.float64(0.25) < 0.5}
    assert all(isinstance(scores[k], numbers.Real) for k in ("float64", "float32", "int64"))
    for key, value in scores.items():
        span.set_attribute(key, value)
sent = encode_spans(spans.get_finished_spans()).resource_spans[0].scope_spans[0].spans[0]
for attribute in sent.attributes:
    kind = attribute.value.WhichOneof("value")
    print(attribute.key, kind, getattr(attribute.value, kind))
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-sdk 1.45.1 with numpy 2.4.6: what is sent for each value"
echo "expected: double_value for both floats, int_value, bool_value"
echo "seen:"; echo "$seen"
[ "$seen" = "float64 double_value 0.25
float32 string_value 0.25
int64 string_value 3
bool string_value True" ] || { echo "the behaviour changed"; exit 1; }
