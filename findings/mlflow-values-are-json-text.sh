#!/bin/bash
# MLflow's tracing sends every attribute as text that is JSON: the user "eve" has quotes in its value, 12 and true are
# texts, and so is the kind of the span: "TOOL" with its quotes. So it is with what an application sets by itself.
#
# Why it matters to who writes rules: `mlflow.spanType == "TOOL"` and `user == "eve"` hold for no span, and `amount > 1000`
# for none either, as it is no number: rules about an agent's calls sleep in silence.
#
# Expectation: an attribute goes out as it was set: text, number or truth, which OTLP has kinds for.
# Versions: mlflow-tracing 3.17.2, opentelemetry-exporter-otlp-proto-http 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check mlflow-tracing==3.17.2 opentelemetry-sdk==1.45.1 \
  opentelemetry-exporter-otlp-proto-http==1.45.1

cat > probe.py <<'PY'
import http.server
import os
import threading

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

requests, came = [], threading.Event()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        requests.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        came.set()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = address + "/v1/traces"
os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"

import mlflow

# It asks for one even where all spans go elsewhere.
mlflow.set_tracking_uri(address)


@mlflow.trace(span_type="TOOL", attributes={"user": "eve", "amount": 12, "approved": True})
def refund():
    pass


refund()
assert came.wait(60), "nothing was sent"
request = ExportTraceServiceRequest.FromString(requests[0])
span = request.resource_spans[0].scope_spans[0].spans[0]
for attribute in span.attributes:
    if attribute.key in ["mlflow.spanType", "user", "amount", "approved"]:
        kind = attribute.value.WhichOneof("value")
        print(attribute.key, kind, getattr(attribute.value, kind))
PY
seen=$(NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 v/bin/python probe.py)

echo "mlflow-tracing 3.17.2: a span of type TOOL with the attributes user eve, amount 12, approved True, as OTLP has it"
echo "expected: TOOL, eve, an integer and a truth"
echo "seen:"; echo "$seen"
[ "$seen" = 'mlflow.spanType string_value "TOOL"
user string_value "eve"
amount string_value 12
approved string_value true' ] || { echo "the behaviour changed"; exit 1; }
