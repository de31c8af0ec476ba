#!/bin/bash
# OTEL_EXPORTER_OTLP_TIMEOUT=1500 means a second and a half in Node and twenty-five minutes in Python: Python takes the
# number as seconds. In a fleet with one setting, a Python service whose Collector hangs holds its spans until its queue
# is full, and then drops new ones.
#
# Why it matters to who writes rules: while a Collector is slow, Python's part of every trace stops arriving for longer
# than any wait for completeness, and rules on absence fire.
#
# Expectation: the specification counts the exporters' timeout in milliseconds, default 10000.
# Versions: opentelemetry-exporter-otlp-proto-grpc 1.45.1, @opentelemetry/exporter-trace-otlp-http 0.223.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-exporter-otlp-proto-grpc==1.45.1
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 \
  @opentelemetry/exporter-trace-otlp-http@0.223.0 >/dev/null

cat > slow.py <<'PY'
import os, threading
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
span = TracerProvider().get_tracer("probe").start_span("work")
span.end()
done = threading.Event()
exporter = OTLPSpanExporter(insecure=True)
threading.Thread(target=lambda: (exporter.export([span]), done.set()), daemon=True).start()
print("python gave up within 10 s of", os.environ["OTEL_EXPORTER_OTLP_TIMEOUT"] + ":", done.wait(10), flush=True)
os._exit(0)
PY
cat > slow.mjs <<'JS'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
const span = new BasicTracerProvider().getTracer('probe').startSpan('work');
span.end();
const late = setTimeout(() => { console.log('node gave up within 10 s of 1500: False'); process.exit(); }, 10000);
new OTLPTraceExporter().export([span], () => { clearTimeout(late); console.log('node gave up within 10 s of 1500: True'); process.exit(); });
JS
cat > silent.py <<'PY'
import os, socket, subprocess, sys
door = socket.create_server(("127.0.0.1", 0))  # connections are made by the kernel, and nobody ever answers
env = dict(os.environ, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{door.getsockname()[1]}", OTEL_EXPORTER_OTLP_TIMEOUT=sys.argv[1])
subprocess.run(sys.argv[2:], env=env, stderr=subprocess.DEVNULL, timeout=120)
PY
seen=$(for t in 1500 2; do python3 silent.py $t v/bin/python slow.py; done; python3 silent.py 1500 node slow.mjs)

echo "OTEL_EXPORTER_OTLP_TIMEOUT at 1500 and at 2, and an endpoint that never answers"
echo "expected: both give up after a second and a half, and Python after two thousandths"
echo "seen:"; echo "$seen"
[ "$seen" = "python gave up within 10 s of 1500: False
python gave up within 10 s of 2: True
node gave up within 10 s of 1500: True" ] || { echo "the behaviour changed"; exit 1; }
