#!/bin/bash
# OpenFeature answers a question for a flag that the provider does not know with the value that the caller gave for that case, and
# the program goes on. Its hooks for OpenTelemetry write an exception event onto the request's span for it, in Node and in
# Python, each with a type of its own. The value of a flag is a truth in Node's event, and the text "true" in Python's.
#
# Why it matters to who writes rules: an exception event is the mark of failure of what has no status, and every request that asks
# for a flag which is not yet set up has one. `feature_flag.result.value == true` holds for Node's services alone.
#
# Expectation: the event of the evaluation, which says `error.type` too, is all; what is handled as it should be is no exception.
# Versions: @openfeature/open-telemetry-hooks 1.0.0, @openfeature/server-sdk 1.23.0 (Node); openfeature-hooks-opentelemetry 0.3.1,
# openfeature-sdk 0.10.0 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/api-logs@0.205.0 \
  @opentelemetry/sdk-trace-node@2.12.1 @openfeature/core@1.12.0 @openfeature/server-sdk@1.23.0 @openfeature/open-telemetry-hooks@1.0.0 >/dev/null
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 openfeature-sdk==0.10.0 \
  openfeature-hooks-opentelemetry==0.3.1

cat > probe.cjs <<'JS'
const { SpanEventHook } = require('@openfeature/open-telemetry-hooks');
const { InMemoryProvider, OpenFeature } = require('@openfeature/server-sdk');
const { trace } = require('@opentelemetry/api');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

async function main() {
  const spans = new InMemorySpanExporter();
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
  await OpenFeature.setProviderAndWait(new InMemoryProvider({
    known: { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
  }));
  OpenFeature.addHooks(new SpanEventHook());
  const flags = OpenFeature.getClient();
  await trace.getTracer('probe').startActiveSpan('request', async (span) => {
    await flags.getBooleanValue('known', false);
    await flags.getBooleanValue('unknown', false);
    span.end();
  });
  for (const { name, attributes } of spans.getFinishedSpans()[0].events) {
    const value = attributes['feature_flag.result.value'];
    console.log(`  ${name}: ${attributes['exception.type'] ?? `${attributes['feature_flag.key']} is ${value} (${typeof value})`}`);
  }
}
main();
JS
cat > probe.py <<'PY'
from openfeature import api
from openfeature.contrib.hook.opentelemetry import TracingHook
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
api.set_provider(InMemoryProvider({"known": InMemoryFlag("on", {"on": True, "off": False})}))
api.add_hooks([TracingHook()])
flags = api.get_client()
with trace.get_tracer("probe").start_as_current_span("request"):
    flags.get_boolean_value("known", False)
    flags.get_boolean_value("unknown", False)
for event in spans.get_finished_spans()[0].events:
    value, key = event.attributes.get("feature_flag.result.value"), event.attributes.get("feature_flag.key")
    print(f"  {event.name}:", event.attributes.get("exception.type") or f"{key} is {value} ({type(value).__name__})")
PY
seen="Node:
$(node probe.cjs)
Python:
$(v/bin/python probe.py)"

echo "OpenFeature's hooks for OpenTelemetry 1.0.0 (Node), 0.3.1 (Python): a flag that is on, and one that the provider does not know"
echo "expected: two events feature_flag.evaluation each, with values of one type"
echo "seen:"; echo "$seen"
[ "$seen" = "Node:
  feature_flag.evaluation: known is true (boolean)
  exception: FLAG_NOT_FOUND
  feature_flag.evaluation: unknown is false (boolean)
Python:
  feature_flag.evaluation: known is true (str)
  exception: openfeature.exception.FlagNotFoundError
  feature_flag.evaluation: unknown is false (str)" ] || { echo "the behaviour changed"; exit 1; }
