#!/bin/bash
# With nothing set but OTEL_EXPORTER_OTLP_ENDPOINT, Python's auto-instrumentation speaks gRPC to it and Node's SDK
# HTTP with protobuf. One endpoint variable for a whole fleet (":4318", the HTTP port) is right for half of it.
#
# Why it matters to who writes rules: all services of one language are missing from every trace, and the program's only
# word is a warning from a background thread. Rules on absence fire; all others are silent.
#
# Expectation: the exporter specification says that the default protocol SHOULD be http/protobuf.
# Versions: opentelemetry-distro 0.66b1 with opentelemetry-exporter-otlp 1.45.1, @opentelemetry/sdk-node 0.223.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-distro==0.66b1 opentelemetry-exporter-otlp==1.45.1 \
  opentelemetry-sdk==1.45.1
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-node@0.223.0 >/dev/null

cat > work.py <<'PY'
from opentelemetry import trace
trace.get_tracer("probe").start_span("work").end()
PY
cat > work.mjs <<'JS'
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
const sdk = new NodeSDK();
sdk.start();
trace.getTracer('probe').startSpan('work').end();
await sdk.shutdown();
JS
cat > listen.py <<'PY'
import os, socket, subprocess, sys

door = socket.create_server(("127.0.0.1", 0))
door.settimeout(60)
env = dict(os.environ, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{door.getsockname()[1]}",
           OTEL_METRICS_EXPORTER="none", OTEL_LOGS_EXPORTER="none")
for name in ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_TRACES_EXPORTER"):
    env.pop(name, None)
program = subprocess.Popen(sys.argv[1:], env=env, stderr=subprocess.DEVNULL)
try:
    caller, _ = door.accept()
    caller.settimeout(60)
    print(caller.recv(65536).split(b"\r\n")[0].decode())
finally:
    program.kill()
PY
python=$(python3 listen.py v/bin/opentelemetry-instrument v/bin/python work.py)
node=$(python3 listen.py node work.mjs)

echo "the first line that OTEL_EXPORTER_OTLP_ENDPOINT receives"
echo "expected: POST /v1/traces HTTP/1.1 from both"
echo "seen: python: $python; node: $node"
[ "$python|$node" = "PRI * HTTP/2.0|POST /v1/traces HTTP/1.1" ] || { echo "the behaviour changed"; exit 1; }
