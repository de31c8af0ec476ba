#!/bin/bash
# When spans end faster than they are sent, the batch processor's queue is full. Python's then throws the oldest away, Node's and
# Go's the newest. A span ends after what is below it: of one burst Python loses the leaves, Node and Go lose the root.
#
# Why it matters to who writes rules: the same overload breaks different rules by language. Behind Python each requirement of
# something below ("an order is charged") fires; behind Node and Go traces have no root, and what waits for it waits in vain.
#
# Expectation: the specification has one sentence for all: after the size is reached spans are dropped, those that come then.
# Versions: opentelemetry-sdk 1.45.2 (Python), @opentelemetry/sdk-trace-base 2.12.1 (Node), go.opentelemetry.io/otel/sdk 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null

# Each time: a queue of four, an exporter that is held up by a first span, and then an order with eight steps below it.
cat > burst.py <<'PY'
import threading

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

sent, held, go_on = [], threading.Event(), threading.Event()


class Slow(SpanExporter):
    def export(self, spans):
        held.set()
        go_on.wait(10)
        sent.extend(span.name for span in spans)
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Slow(), max_queue_size=4, max_export_batch_size=1))
tracer = provider.get_tracer("probe")
tracer.start_span("first").end()
held.wait(10)
with tracer.start_as_current_span("order"):
    for step in range(8):
        tracer.start_span(f"step {step}").end()
go_on.set()
provider.shutdown()
print("Python:", ", ".join(sent[1:]))
PY
cat > burst.js <<'JS'
const { context, trace } = require('@opentelemetry/api');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');

const sent = [];
let goOn;
const waits = new Promise((done) => { goOn = done; });
const slow = {
  export(spans, done) { waits.then(() => { sent.push(...spans.map((span) => span.name)); done({ code: 0 }); }); },
  shutdown: () => Promise.resolve(),
};
const provider = new BasicTracerProvider({
  spanProcessors: [new BatchSpanProcessor(slow, { maxQueueSize: 4, maxExportBatchSize: 1 })],
});
const tracer = provider.getTracer('probe');
tracer.startSpan('first').end();
setTimeout(async () => {
  const order = tracer.startSpan('order');
  for (let step = 0; step < 8; step++) tracer.startSpan(`step ${step}`, {}, trace.setSpan(context.active(), order)).end();
  order.end();
  goOn();
  await provider.shutdown();
  console.log('Node:', sent.slice(1).join(', '));
}, 200);
JS
cat > burst.go <<'GO'
package main

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/sdk/trace"
)

type slow struct {
	sent       []string
	held, goOn chan struct{}
}

func (s *slow) ExportSpans(_ context.Context, spans []trace.ReadOnlySpan) error {
	if len(s.sent) == 0 {
		close(s.held)
	}
	<-s.goOn
	for _, span := range spans {
		s.sent = append(s.sent, span.Name())
	}
	return nil
}

func (s *slow) Shutdown(context.Context) error { return nil }

func main() {
	exporter := &slow{held: make(chan struct{}), goOn: make(chan struct{})}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter, trace.WithMaxQueueSize(4), trace.WithMaxExportBatchSize(1)))
	tracer := provider.Tracer("probe")
	_, first := tracer.Start(context.Background(), "first")
	first.End()
	<-exporter.held
	inOrder, order := tracer.Start(context.Background(), "order")
	for step := range 8 {
		_, span := tracer.Start(inOrder, fmt.Sprintf("step %d", step))
		span.End()
	}
	order.End()
	close(exporter.goOn)
	if err := provider.Shutdown(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println("Go:", strings.Join(exporter.sent[1:], ", "))
}
GO
export GOFLAGS=-mod=mod
{ go mod init probe && go get go.opentelemetry.io/otel/sdk@v1.47.0; } >/dev/null 2>&1
seen=$(v/bin/python burst.py 2>/dev/null; node burst.js; go run burst.go)

echo "opentelemetry-sdk 1.45.2, sdk-trace-base 2.12.1, otel/sdk 1.47.0: an order with eight steps, a queue of four"
echo "expected: the same spans from each"
echo "seen:"; echo "$seen"
[ "$seen" = "Python: step 5, step 6, step 7, order
Node: step 0, step 1, step 2, step 3
Go: step 0, step 1, step 2, step 3" ] || { echo "the behaviour changed"; exit 1; }
