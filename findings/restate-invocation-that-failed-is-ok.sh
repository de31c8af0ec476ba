#!/bin/bash
# Restate's server makes spans of what it runs. A handler that fails for good leaves a request's span `ingress` which is UNSET and over
# after some microseconds, below it `invocation-start`, UNSET and over as well, and below that an attempt which is OK: ERROR stands on
# a fourth span, `invocation-end`, which has no length. The steps (`ctx.run`) have no span, and all spans are of kind INTERNAL.
#
# Why it matters to who writes rules: the root, which stands for the request, never fails and takes no time; the attempt that raised is
# OK, as one that went well. "What failed" and "what took long" are two spans, of which neither is above the other.
#
# Expectation: a span lasts as long as what it stands for, and an attempt that raised is no OK. (One that is tried again is ERROR.)
# Versions: Restate server 1.7.12 (@restatedev/restate-server-linux-x64), restate-sdk 1.3.0 (Python), opentelemetry-proto 1.45.1.
set -eu
work=$(mktemp -d); trap 'kill $started 2>/dev/null || true; rm -rf "$work"' EXIT; cd "$work"
started=
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @restatedev/restate-server-linux-x64@1.7.12 >/dev/null
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check restate-sdk==1.3.0 hypercorn==0.18.0 grpcio==1.85.3 opentelemetry-proto==1.45.1

# Takes the traces that Restate sends, and writes down a line for each span.
cat > receive.py <<'PY'
from concurrent import futures
import sys

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
    def Export(self, request, _):
        with open("spans", "a") as spans:
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        millis = (span.end_time_unix_nano - span.start_time_unix_nano) // 1_000_000
                        print(span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex() or "-", span.name.replace(" ", "_"),
                              ["UNSET", "OK", "ERROR"][span.status.code], millis, span.kind == span.SPAN_KIND_INTERNAL, file=spans)
        return trace_service_pb2.ExportTraceServiceResponse()


server = grpc.server(futures.ThreadPoolExecutor(1))
trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Receiver(), server)
server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
server.wait_for_termination()
PY
cat > shop.py <<'PY'
import asyncio

import restate

shop = restate.Service("shop")


@shop.handler()
async def order(ctx: restate.Context) -> None:
    async def charge() -> None:
        await asyncio.sleep(0.3)
        raise restate.exceptions.TerminalError("card declined")

    await ctx.run_typed("charge", charge)


app = restate.app([shop])
PY
read -r traces ingress admin node service <<<"$(v/bin/python -c 'import socket
all = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
print(*(one.getsockname()[1] for one in all))')"
v/bin/python receive.py "$traces" & started=$!
v/bin/hypercorn -b "127.0.0.1:$service" shop:app >log 2>&1 & started="$started $!"
export RESTATE_INGRESS__BIND_ADDRESS=127.0.0.1:$ingress RESTATE_ADMIN__BIND_ADDRESS=127.0.0.1:$admin RESTATE_BIND_ADDRESS=127.0.0.1:$node
export RESTATE_TRACING_ENDPOINT=http://127.0.0.1:$traces RESTATE_DISABLE_TELEMETRY=true
nice node_modules/@restatedev/restate-server-linux-x64/bin/restate-server --node-name one --base-dir data --auto-provision true >log.server 2>&1 & restate=$!
started="$started $restate"
for _ in $(seq 300); do
  curl -sf -o answer "http://127.0.0.1:$admin/deployments" -H 'Content-Type: application/json' -d "{\"uri\": \"http://127.0.0.1:$service\"}" && break
  sleep 0.2
done
curl -s -o answer -X POST "http://127.0.0.1:$ingress/shop/order"
sleep 1
kill $restate; wait $restate || true
seen=$(python3 - <<'PY'
spans = [line.split() for line in open("spans")]
names = {one[1]: one[3] for one in spans}
for _, _, parent, name, status, millis, internal in sorted(spans, key=lambda one: one[3]):
    long = "long" if int(millis) >= 200 else "short"
    print(f"{name} {status}, {long}, below {names.get(parent, 'nothing')}{', INTERNAL' if internal == 'True' else ''}")
PY
)

echo "Restate 1.7.12: a handler that fails for good, by a step that takes 300 ms"
echo "expected: a root of 300 ms, with ERROR, and ERROR of the attempt"
echo "seen:"; echo "$seen"
[ "$seen" = "ingress_shop/order UNSET, short, below nothing, INTERNAL
invocation-attempt_shop/order OK, long, below invocation-start_shop/order, INTERNAL
invocation-end_shop/order ERROR, short, below invocation-start_shop/order, INTERNAL
invocation-start_shop/order UNSET, short, below ingress_shop/order, INTERNAL" ] || { echo "the behaviour changed"; exit 1; }
