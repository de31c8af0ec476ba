#!/bin/bash
# With Node's BasicTracerProvider set as the global provider every nested span becomes a trace of its own: the API's
# context is a no-op until some other object registers a context manager. Nothing is logged. NodeTracerProvider's
# register() does both.
#
# Why it matters to who writes rules: no rule on parents, order or "somewhere in the trace" can hold or fail; each span
# is judged alone, as a root.
#
# Expectation: startActiveSpan promises to make the span active while its callback runs; with the provider set the span
# is recorded, so one expects its children below it.
# Versions: @opentelemetry/sdk-trace-base and sdk-trace-node 2.12.1, @opentelemetry/api 1.9.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/sdk-trace-node@2.12.1 >/dev/null
cat > nest.mjs <<'JS'
import { diag, DiagConsoleLogger, DiagLogLevel, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
const spans = new InMemorySpanExporter();
const options = { spanProcessors: [new SimpleSpanProcessor(spans)] };
if (process.argv[2] === 'basic') trace.setGlobalTracerProvider(new BasicTracerProvider(options));
else new NodeTracerProvider(options).register();
const tracer = trace.getTracer('probe');
tracer.startActiveSpan('outer', outer => {
  tracer.startActiveSpan('inner', inner => inner.end());
  outer.end();
});
const [inner, outer] = spans.getFinishedSpans();
console.log(process.argv[2], 'one trace:', inner.spanContext().traceId === outer.spanContext().traceId,
  'inner has a parent:', inner.parentSpanContext !== undefined);
JS
seen=$(node nest.mjs basic 2>&1; node nest.mjs node 2>&1)

echo "sdk-trace-base 2.12.1: inner started inside outer's startActiveSpan"
echo "expected: one trace, with either provider (or a warning)"
echo "seen:"; echo "$seen"
[ "$seen" = "basic one trace: false inner has a parent: false
node one trace: true inner has a parent: true" ] || { echo "the behaviour changed"; exit 1; }
