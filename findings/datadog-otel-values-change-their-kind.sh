#!/bin/bash
# A program that calls OpenTelemetry's API and runs under Datadog's tracer sends other attributes than it set, over OTLP too. A truth is
# the number 1. A list is a text for each part under a name with its number (Python), or gone (Node). http.response.status_code is,
# in Python, gone as well: in its stead there is the text http.status_code, which Node sends beside it. And OK is UNSET.
#
# Why it matters to who writes rules: `approved == true` holds for no such span, nor does what asks the list of roles, or the code by
# the name that it was set by. A rule that clears what said OK clears nothing.
#
# Expectation: OTLP has all of these kinds, and a tracer that implements OpenTelemetry's API sends what was set by it.
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
const { trace, SpanStatusCode } = require('@opentelemetry/api');
const span = trace.getTracer('probe').startSpan('pay', {
  attributes: { approved: true, roles: ['clerk', 'chief'], 'http.response.status_code': 200, amount: 12 },
});
span.setStatus({ code: SpanStatusCode.OK });
span.end();
JS
cat > probe.py <<'PY'
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

span = trace.get_tracer("probe").start_span("pay", attributes={
    "approved": True, "roles": ["clerk", "chief"], "http.response.status_code": 200, "amount": 12})
span.set_status(Status(StatusCode.OK))
span.end()
PY
cat > tell.cjs <<'JS'
const status = ['UNSET', 'OK', 'ERROR'];
for (const line of require('fs').readFileSync('spans', 'utf8').trim().split('\n')) {
  const resource = JSON.parse(line).resourceSpans[0];
  const language = resource.resource.attributes.find((one) => one.key === 'telemetry.sdk.language').value.stringValue;
  for (const scope of resource.scopeSpans) {
    for (const span of scope.spans) {
      const set = span.attributes.filter(({ key }) => /^(approved|roles|amount|http)/.test(key))
        .map(({ key, value }) => `${key} ${Object.keys(value)[0].replace('Value', '')} ${Object.values(value)[0]}`).sort();
      console.log(`${language}: ${status[span.status.code]}, ${set.join(', ')}`);
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

echo "dd-trace 6.21.0 and ddtrace 4.16.0, sending OTLP: a span with OK, a truth, a list of two texts and two integers"
echo "expected: OK, amount int 12, approved bool true, http.response.status_code int 200, roles array"
echo "seen:"; echo "$seen"
[ "$seen" = 'nodejs: UNSET, amount int 12, approved int 1, http.response.status_code int 200, http.status_code string 200
python: UNSET, amount int 12, approved int 1, http.status_code string 200, roles.0 string clerk, roles.1 string chief' ] || { echo "the behaviour changed"; exit 1; }
