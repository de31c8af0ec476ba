#!/bin/bash
# An exception that a program records by OpenTelemetry's API under Datadog's tracer arrives, over OTLP, otherwise. From Node the event is
# called after the error's class, "TypeError", and has no exception.type. From Python exception.type has the module in front also
# where OpenTelemetry leaves it out ("builtins.ValueError"), and there is no exception.stacktrace, as there is from Node.
#
# Why it matters to who writes rules: whatever asks for an event called "exception", OpenTelemetry's one name for it, finds none of a
# service in Node, and `exception.type == ValueError` none of one in Python.
#
# Expectation: the conventions of OpenTelemetry give the event its name and its type, and both languages' SDKs write them so.
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
const { trace } = require('@opentelemetry/api');
const span = trace.getTracer('probe').startSpan('pay');
span.recordException(new TypeError('no'));
span.end();
JS
cat > probe.py <<'PY'
from opentelemetry import trace

span = trace.get_tracer("probe").start_span("pay")
span.record_exception(ValueError("no"))
span.end()
PY
cat > tell.cjs <<'JS'
const status = ['UNSET', 'OK', 'ERROR'];
for (const line of require('fs').readFileSync('spans', 'utf8').trim().split('\n')) {
  const resource = JSON.parse(line).resourceSpans[0];
  const language = resource.resource.attributes.find((one) => one.key === 'telemetry.sdk.language').value.stringValue;
  for (const scope of resource.scopeSpans) {
    for (const span of scope.spans) {
      for (const event of span.events) {
        const type = event.attributes.find((one) => one.key === 'exception.type')?.value.stringValue ?? 'none';
        const stack = event.attributes.some((one) => one.key === 'exception.stacktrace') ? 'with' : 'without';
        console.log(`${language}: ${event.name}, exception.type ${type}, ${stack} a stack trace`);
      }
    }
  }
}
JS
node receive.cjs & receiver=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_PROTOCOL=http/json OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat port)
export DD_TRACE_AGENT_URL=$OTEL_EXPORTER_OTLP_ENDPOINT DD_INSTRUMENTATION_TELEMETRY_ENABLED=false DD_REMOTE_CONFIGURATION_ENABLED=false
export DD_TRACE_STARTUP_LOGS=false DD_TRACE_OTEL_ENABLED=true
nice node probe.cjs
nice v/bin/ddtrace-run v/bin/python probe.py 2>/dev/null
seen=$(node tell.cjs)

echo "dd-trace 6.21.0 and ddtrace 4.16.0, sending OTLP: an exception that was recorded"
echo "expected: 'exception, exception.type TypeError, with a stack trace' from Node, the same with ValueError from Python"
echo "seen:"; echo "$seen"
[ "$seen" = 'nodejs: TypeError, exception.type none, with a stack trace
python: exception, exception.type builtins.ValueError, without a stack trace' ] || { echo "the behaviour changed"; exit 1; }
