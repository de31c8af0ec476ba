#!/bin/bash
# A span whose work is cancelled because it took too long (asyncio.wait_for, asyncio.timeout), or that a program leaves by
# sys.exit(3), ends UNSET and without an exception event, as if it had succeeded. The SDK knows of Exception only, and
# asyncio's CancelledError, SystemExit and KeyboardInterrupt are none.
#
# Why it matters to who writes rules: what timed out is in no rule on `status == ERROR` and none on exceptions; "a call
# that fails is tried again" finds nothing that failed. Its length alone tells.
#
# Expectation: start_as_current_span records what leaves the block and sets ERROR, as its page says; a block that was
# broken off did not end well.
# Versions: opentelemetry-sdk 1.45.2 (Python 3.11).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2

cat > probe.py <<'PY'
import asyncio, sys
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
tracer = provider.get_tracer("probe")


async def call():
    with tracer.start_as_current_span("cancelled by wait_for"):
        await asyncio.sleep(60)


async def call_with_timeout():
    async with asyncio.timeout(0.05):
        with tracer.start_as_current_span("cancelled by timeout"):
            await asyncio.sleep(60)


async def call_with_timeout_inside():
    with tracer.start_as_current_span("around the timeout"):
        async with asyncio.timeout(0.05):
            await asyncio.sleep(60)


async def main():
    for waiting in (asyncio.wait_for(call(), 0.05), call_with_timeout(), call_with_timeout_inside()):
        try:
            await waiting
        except TimeoutError:
            pass


asyncio.run(main())
try:
    with tracer.start_as_current_span("left by sys.exit(3)"):
        sys.exit(3)
except SystemExit:
    pass
for span in spans.get_finished_spans():
    print(f"{span.name}: {span.status.status_code.name}, {len(span.events)} exception events")
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-sdk 1.45.2: spans that a timeout or an exit breaks off"
echo "expected: ERROR with an exception event"
echo "seen:"; echo "$seen"
[ "$seen" = "cancelled by wait_for: UNSET, 0 exception events
cancelled by timeout: UNSET, 0 exception events
around the timeout: ERROR, 1 exception events
left by sys.exit(3): UNSET, 0 exception events" ] || { echo "the behaviour changed"; exit 1; }
