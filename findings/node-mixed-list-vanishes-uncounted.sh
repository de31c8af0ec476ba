#!/bin/bash
# The same three values set by the same call: a list of texts with one number in it, a map, and nothing. The Python SDK
# exports all of them (nothing as an attribute with an empty value). The Node SDK drops all three; the span's
# droppedAttributesCount stays 0, and what it says goes to a diagnostic logger that is off by default.
#
# Why it matters to who writes rules: documents of a retrieval, arguments of a tool and scopes of a token are such lists
# and maps. A rule "reads personal data" that holds for Python services meets no span of Node services, and the count
# that should tell about lost attributes says that none was lost.
#
# Expectation: the specification allows mixed lists and maps as attribute values, and asks that what is discarded is
# counted; both SDKs are current releases of one project.
# Versions: opentelemetry-sdk 1.45.1 (Python), @opentelemetry/sdk-trace-base 2.12.1 with otlp-transformer 0.223.1 (Node).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv venv
venv/bin/pip -q install opentelemetry-sdk==1.45.1 opentelemetry-exporter-otlp-proto-common==1.45.1
cat > probe.py <<'PY'
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

kept = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
with provider.get_tracer("probe").start_as_current_span("retrieve") as span:
    span.set_attribute("documents", ["a17", 18, "a19"])
    span.set_attribute("filter", {"tenant": "acme"})
    span.set_attribute("cursor", None)
    span.set_attribute("model", "m1")
sent = encode_spans(kept.get_finished_spans()).resource_spans[0].scope_spans[0].spans[0]
print(",".join(a.key for a in sent.attributes), sent.dropped_attributes_count)
print(next(a for a in sent.attributes if a.key == "cursor").value.WhichOneof("value"))
PY
venv/bin/python probe.py > python.txt 2>python.log
npm init -y >/dev/null
npm install --silent @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/otlp-transformer@0.223.1
cat > probe.js <<'JS'
const { BasicTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { JsonTraceSerializer } = require('@opentelemetry/otlp-transformer');
const exporter = {
  export(spans, done) {
    const sent = JSON.parse(new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans))).resourceSpans[0].scopeSpans[0].spans[0];
    console.log(sent.attributes.map((a) => a.key).join(), sent.droppedAttributesCount);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const span = provider.getTracer('probe').startSpan('retrieve');
span.setAttribute('documents', ['a17', 18, 'a19']);
span.setAttribute('filter', { tenant: 'acme' });
span.setAttribute('cursor', null);
span.setAttribute('model', 'm1');
span.end();
JS
node probe.js > node.txt 2>node.log
echo "attributes exported, and how many the span says were dropped (set: documents, filter, cursor, model):"
echo "opentelemetry-sdk 1.45.1 (Python):  $(head -1 python.txt)   value of cursor: $(tail -1 python.txt); logged: $(wc -l < python.log) lines"
echo "sdk-trace-base 2.12.1 (Node):       $(cat node.txt)   logged: $(wc -l < node.log) lines"
echo "expected: the same attributes from both, or a count of three"
[ "$(cat python.txt)" = "documents,filter,cursor,model 0
None" ] && [ "$(cat node.txt)" = "model 0" ] && [ ! -s node.log ] && [ ! -s python.log ]
