#!/bin/bash
# A Python gRPC server whose handler raises records rpc.grpc.status_code 0 (OK) and an UNSET span, while the client of
# the same call gets UNKNOWN (2) and an ERROR span. The two ends of one call tell opposite stories.
#
# Why it matters to who writes rules: a rule on the server's code or status never sees an unplanned failure; a rule that
# compares caller and callee finds a contradiction where there is none.
#
# Expectation: the RPC conventions' table for servers: the code is the one returned to the client, and UNKNOWN is an
# error on the server side.
# Versions: opentelemetry-instrumentation-grpc 0.66b1, grpcio 1.85.3.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 grpcio==1.85.3 \
  opentelemetry-instrumentation-grpc==0.66b1

cat > probe.py <<'PY'
import logging
from concurrent import futures
import grpc
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient, GrpcInstrumentorServer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable()
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
GrpcInstrumentorServer().instrument()
GrpcInstrumentorClient().instrument()


def raises(request, context):
    raise ValueError("no such order")


server = grpc.server(futures.ThreadPoolExecutor(1))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
    "shop.Orders", {"Get": grpc.unary_unary_rpc_method_handler(raises)})])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
try:
    grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary("/shop.Orders/Get")(b"", timeout=10)
except grpc.RpcError as error:
    print("the client got", error.code().name)
server.stop(None).wait()
for span in sorted(spans.get_finished_spans(), key=lambda s: s.kind.name):
    print(span.kind.name, "code", span.attributes["rpc.grpc.status_code"], span.status.status_code.name)
PY
seen=$(v/bin/python probe.py)

echo "grpcio 1.85.3 with instrumentation 0.66b1: a unary handler raises"
echo "expected: code 2 and ERROR on both spans"
echo "seen:"; echo "$seen"
[ "$seen" = "the client got UNKNOWN
CLIENT code 2 ERROR
SERVER code 0 UNSET" ] || { echo "the behaviour changed"; exit 1; }
