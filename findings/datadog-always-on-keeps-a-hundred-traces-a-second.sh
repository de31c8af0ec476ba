#!/bin/bash
# Datadog's tracers, sending OTLP by OTEL_TRACES_EXPORTER=otlp, keep about a hundred traces a second where OTEL_TRACES_SAMPLER=always_on
# is set: of a thousand that begin at once, eight or nine hundred are not sent, and nothing is logged. Where no sampler is set at all,
# the one for Python sends all of them, and the one for Node about a hundred.
#
# Why it matters to who writes rules: what a service does under load is not judged at all. Rules that rest on absence fire where the
# traces that begin elsewhere go through it, and a bound on how often a thing is done is never reached.
#
# Expectation: always_on, OpenTelemetry's name for a sampler that keeps everything, keeps everything.
# Versions: dd-trace 6.21.0 (Node), ddtrace 4.16.0 (Python), with @opentelemetry/api 1.9.1 and opentelemetry-api 1.45.2.
set -eu
work=$(mktemp -d); trap 'kill $receiver 2>/dev/null || true; rm -rf "$work"' EXIT; cd "$work"
receiver=
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dd-trace@6.21.0 @opentelemetry/api@1.9.1 >/dev/null
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check ddtrace==4.16.0 opentelemetry-api==1.45.2

# Takes OTLP in JSON, and keeps what comes.
cat > receive.cjs <<'JS'
const fs = require('fs');
const server = require('http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    if (request.url === '/v1/traces') fs.appendFileSync('spans', body + '\n');
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => fs.writeFileSync('port', `${server.address().port}`));
JS
cat > probe.cjs <<'JS'
const tracer = require('dd-trace').init();
new tracer.TracerProvider().register();
const { trace, ROOT_CONTEXT } = require('@opentelemetry/api');
for (let i = 0; i < 1000; i++) trace.getTracer('probe').startSpan('order', {}, ROOT_CONTEXT).end();
JS
cat > probe.py <<'PY'
from opentelemetry import context, trace

for _ in range(1000):
    trace.get_tracer("probe").start_span("order", context=context.Context()).end()
PY
cat > tell.cjs <<'JS'
const count = { nodejs: 0, python: 0 };
for (const line of require('fs').readFileSync('spans', 'utf8').trim().split('\n')) {
  const resource = JSON.parse(line).resourceSpans[0];
  const language = resource.resource.attributes.find((one) => one.key === 'telemetry.sdk.language').value.stringValue;
  for (const scope of resource.scopeSpans) count[language] += scope.spans.filter((one) => one.name === 'order').length;
}
// How many are kept depends on whether a second begins meanwhile, and so on how fast the machine is.
const told = (kept) => (kept >= 100 && kept < 900 ? 'between 100 and 900' : kept);
console.log(`Node ${told(count.nodejs)}, Python ${told(count.python)}`);
JS
node receive.cjs & receiver=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_PROTOCOL=http/json OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat port)
export DD_TRACE_AGENT_URL=$OTEL_EXPORTER_OTLP_ENDPOINT DD_INSTRUMENTATION_TELEMETRY_ENABLED=false DD_REMOTE_CONFIGURATION_ENABLED=false
export DD_TRACE_STARTUP_LOGS=false DD_TRACE_OTEL_ENABLED=true
seen=$(for sampler in always_on ""; do
  rm -f spans
  if [ "$sampler" ]; then export OTEL_TRACES_SAMPLER=$sampler; else unset OTEL_TRACES_SAMPLER; fi
  nice node probe.cjs
  nice v/bin/ddtrace-run v/bin/python probe.py 2>/dev/null
  echo "${sampler:-none set}: $(node tell.cjs)"
done)

echo "dd-trace 6.21.0 and ddtrace 4.16.0, sending OTLP: a thousand traces at once, by the sampler that is set"
echo "expected: 1000 of each"
echo "seen:"; echo "$seen"
[ "$seen" = "always_on: Node between 100 and 900, Python between 100 and 900
none set: Node between 100 and 900, Python 1000" ] || { echo "the behaviour changed"; exit 1; }
