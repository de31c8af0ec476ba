#!/bin/bash
# The OTLP exporter of Python over gRPC refuses OTEL_EXPORTER_OTLP_COMPRESSION=none, one of the two values that the
# specification of the exporter names, by an exception from its constructor; the exporter over HTTP of the same release takes it.
#
# Why it matters: one environment for a fleet, written out to be plain, stops just the Python services that send by gRPC; where
# the provider is made inside a try, they run without traces.
#
# Expectation: no compression, in both.
# Versions: opentelemetry-exporter-otlp-proto-grpc and -http 1.45.1, Python 3.11.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opentelemetry-exporter-otlp-proto-grpc==1.45.1 opentelemetry-exporter-otlp-proto-http==1.45.1
cat > ask.py <<'PY'
from importlib import import_module

for name in ("grpc", "http"):
    exporter = import_module(f"opentelemetry.exporter.otlp.proto.{name}.trace_exporter").OTLPSpanExporter
    try:
        exporter()
        print(f"{name}: taken")
    except Exception as fault:
        print(f"{name}: {type(fault).__name__}")
PY
seen=$(OTEL_EXPORTER_OTLP_COMPRESSION=none venv/bin/python ask.py)

echo "opentelemetry-exporter-otlp-proto-grpc and -http 1.45.1 with OTEL_EXPORTER_OTLP_COMPRESSION=none"
echo "expected: grpc: taken, http: taken"
echo "seen:"; echo "$seen"
[ "$seen" = "grpc: InvalidCompressionValueException
http: taken" ] || { echo "the behaviour changed"; exit 1; }
