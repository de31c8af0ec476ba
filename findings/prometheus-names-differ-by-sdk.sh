#!/bin/bash
# One and the same metric, read by Prometheus from a Python service and from a Node service, has two names: Python's
# exporter appends the unit (…_duration_seconds, …_bytes_total), Node's does not. Two attributes that differ by a dot
# and an underscore are one label of the last value in Python, and the same label twice in Node.
#
# Why it matters to who writes rules: a dashboard or an alarm that takes violations and request rates together is
# silent about all services of one language; a series with a label twice is not valid exposition.
#
# Expectation: the specification's Prometheus page says that the unit is appended as a suffix, and joins the values of
# attributes whose names collide with ";".
# Versions: opentelemetry-exporter-prometheus (Python) 0.66b1, @opentelemetry/exporter-prometheus (Node) 0.223.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 opentelemetry-exporter-prometheus==0.66b1
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-metrics@2.12.1 \
  @opentelemetry/exporter-prometheus@0.223.0 >/dev/null

cat > count.py <<'PY'
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import generate_latest

meter = MeterProvider(metric_readers=[PrometheusMetricReader()]).get_meter("probe")
meter.create_histogram("http.server.request.duration", unit="s").record(1)
meter.create_counter("sent", unit="By").add(1)
meter.create_counter("collide").add(1, {"a.b": "first", "a_b": "second"})
print(generate_latest().decode())
PY
cat > count.mjs <<'JS'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

const reader = new PrometheusExporter({ preventServerStart: true });
const meter = new MeterProvider({ readers: [reader] }).getMeter('probe');
meter.createHistogram('http.server.request.duration', { unit: 's' }).record(1);
meter.createCounter('sent', { unit: 'By' }).add(1);
meter.createCounter('collide').add(1, { 'a.b': 'first', 'a_b': 'second' });
console.log(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics));
JS
names() { grep -oE '^(http_server[a-z_]*count|sent[a-z_]*|collide_total\{(a_b="[a-z;]*",?)+)' | sed 's/,$//'; }
seen=$(echo python; v/bin/python count.py | names; echo node; node count.mjs | names)

echo "exporter-prometheus, Python 0.66b1 and Node 0.223.0: three metrics"
echo 'expected: http_server_request_duration_seconds_count, sent_bytes_total, collide_total{a_b="first;second"} from both'
echo "seen:"; echo "$seen"
[ "$seen" = 'python
http_server_request_duration_seconds_count
sent_bytes_total
collide_total{a_b="second"
node
http_server_request_duration_count
sent_total
collide_total{a_b="first",a_b="second"' ] || { echo "the behaviour changed"; exit 1; }
