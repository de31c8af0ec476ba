#!/bin/bash
# With Logfire's SDK a log line is a span: logfire.info() exports a span of zero length, logfire.error() one with status
# ERROR, and a value that is None becomes the text "null".
#
# Why it matters to who writes rules: counts of spans and of children count log lines; `status == ERROR` finds requests
# that succeeded and logged something; "is there an approver" holds because "null" is there.
#
# Expectation: OpenTelemetry has a log signal, and the SDK says that it is built on OpenTelemetry; a value that is
# absent is left out of a span.
# Versions: logfire 5.4.0, opentelemetry-sdk 1.45.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check logfire==5.4.0 opentelemetry-sdk==1.45.2

cat > probe.py <<'PY'
import logfire
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
logfire.configure(send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(spans)])
with logfire.span("pay", approver=None):
    logfire.info("card {last4}", last4="4242")
    logfire.error("first bank did not answer, took the second")
for span in spans.get_finished_spans():
    length = "zero" if span.end_time == span.start_time else "some"
    print(f"{span.name[:16]}: {length} length, {span.status.status_code.name}, approver {span.attributes.get('approver')!r}")
PY
seen=$(v/bin/python probe.py)

echo "logfire 5.4.0: one span with two log lines in it"
echo "expected: one span without an approver, and two log records"
echo "seen:"; echo "$seen"
[ "$seen" = "card {last4}: zero length, UNSET, approver None
first bank did n: zero length, ERROR, approver None
pay: some length, UNSET, approver 'null'" ] || { echo "the behaviour changed"; exit 1; }
