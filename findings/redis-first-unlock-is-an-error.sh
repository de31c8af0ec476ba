#!/bin/bash
# redis-py gives a lock back by a script of Redis, which it calls by its hash. The first call after Redis has started, or forgot its
# scripts, is answered "no such script"; redis-py then loads it and calls it again, and nobody notices. In the trace the first unlock
# is `EVALSHA` with ERROR and an exception event, and three spans. So is the first call of any `register_script`.
# A transaction under WATCH that Redis refuses, as another wrote in between, is UNSET: its `SET` looks as of a write that was done.
#
# Why it matters to who writes rules: "a failed command fails its request" fires after each restart of Redis where nothing failed, and
# "stock is set once an order" counts a write that never was.
#
# Expectation: what the client repairs by itself is one call that went well, and what was refused says so.
# Versions: opentelemetry-instrumentation-redis 0.66b1, redis 8.1.0; fakeredis 2.41.0 as the server.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 redis==8.1.0 'fakeredis[lua]==2.41.0' \
  opentelemetry-instrumentation-redis==0.66b1

cat > probe.py <<'PY'
import os
import sys
import threading

import redis
from fakeredis import TcpFakeServer
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
threading.Thread(target=server.serve_forever, daemon=True).start()
shop, other = (redis.Redis(host="127.0.0.1", port=server.server_address[1]) for _ in range(2))
shop.set("stock", 5)
RedisInstrumentor().instrument_client(shop, tracer_provider=provider)


def locked():
    with shop.lock("order 7", timeout=5):
        pass
    return "given back"


def sell(disturbed):
    with shop.pipeline() as sale:
        sale.watch("stock")
        left = int(sale.get("stock")) - 1
        if disturbed:
            other.set("stock", 1)
        sale.multi()
        sale.set("stock", left)
        try:
            sale.execute()
            return "sold"
        except redis.WatchError:
            return "refused"


for what, call in {"lock": locked, "lock again": locked, "sale": lambda: sell(False), "sale while another writes": lambda: sell(True)}.items():
    told = call()
    found = [f"{span.name} {span.status.status_code.name} {len(span.events)}" for span in spans.get_finished_spans()]
    print(f"{what}: {told}, {found}")
    spans.clear()
sys.stdout.flush()
os._exit(0)  # The server's threads would hold the program.
PY
seen=$(timeout 300 v/bin/python probe.py 2>/dev/null)

echo "instrumentation-redis 0.66b1, redis 8.1.0: two locks, two sales; status and number of events"
echo "expected: no ERROR of the locks, one of the sale that is refused"
echo "seen:"; echo "$seen"
[ "$seen" = "lock: given back, ['SET UNSET 0', 'EVALSHA ERROR 1', 'SCRIPT LOAD UNSET 0', 'EVALSHA UNSET 0']
lock again: given back, ['SET UNSET 0', 'EVALSHA UNSET 0']
sale: sold, ['WATCH UNSET 0', 'GET UNSET 0', 'SET UNSET 0']
sale while another writes: refused, ['WATCH UNSET 0', 'GET UNSET 0', 'SET UNSET 0']" ] || { echo "the behaviour changed"; exit 1; }
