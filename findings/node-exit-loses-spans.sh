#!/bin/bash
# A short Node program that ends by running out of work loses every span of its batch processor; the same program in
# Python sends them. Node's SDK neither keeps the process alive nor hooks its end, Python's registers an exit handler.
#
# Why it matters to who writes rules: jobs, command-line tools and functions written in Node are missing, or are there
# without their last seconds. Rules that fire on absence fire on them; a trace begun elsewhere has a hole.
#
# Expectation: both packages are set up with one provider and one batch processor as their first pages show, and the
# program ends normally, without process.exit().
# Versions: @opentelemetry/sdk-trace-node 2.12.1, opentelemetry-sdk (Python) 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 >/dev/null

cat > job.mjs <<'JS'
import { trace } from '@opentelemetry/api';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const exporter = {
  export(spans, done) { for (const span of spans) console.log('exported', span.name); done({ code: 0 }); },
  async shutdown() {},
};
new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }).register();
trace.getTracer('probe').startSpan('job').end();
console.log('end of program');
JS
cat > job.py <<'PY'
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult


class Exporter(SpanExporter):
    def export(self, spans):
        for span in spans:
            print("exported", span.name)
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Exporter()))
trace.set_tracer_provider(provider)
trace.get_tracer("probe").start_span("job").end()
print("end of program")
PY
node=$(node job.mjs | paste -sd, -)
python=$(v/bin/python job.py | paste -sd, -)

echo "one span, a batch processor, a program that ends"
echo "expected: 'end of program,exported job' from both"
echo "seen: node: $node; python: $python"
[ "$node|$python" = "end of program|end of program,exported job" ] || { echo "the behaviour changed"; exit 1; }
