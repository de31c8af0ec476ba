#!/bin/bash
# Datadog's tracer for Node sends OTLP by itself where OTEL_TRACES_EXPORTER=otlp is set. The span of a call that was answered with 500 is
# UNSET, and that of one answered with 404 is ERROR: at the caller it takes 400 to 499 for an error and 500 not. At the server it is
# the other way round, as one expects. Datadog's tracer for Python has ERROR for the call with 500 and UNSET for the one with 404.
#
# Why it matters to who writes rules: "a payment that failed is not shipped", asked by the status of the call, never sees that the bank
# broke down, and fires for each look-up of what is not there. The same rule means the opposite of the service in Python beside it.
#
# Expectation: what is asked of the callee's fault, 500 and above, is an error of the call in every convention; UNSET is not.
# Versions: dd-trace 6.21.0 (Node), ddtrace 4.16.0 (Python), with requests 2.34.0.
set -eu
work=$(mktemp -d); trap 'kill $receiver 2>/dev/null || true; rm -rf "$work"' EXIT; cd "$work"
receiver=
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dd-trace@6.21.0 >/dev/null
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check ddtrace==4.16.0 requests==2.34.0

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
# Answers with the number that is its path.
cat > answer.cjs <<'JS'
const server = require('http').createServer((request, response) => { response.statusCode = Number(request.url.slice(1)); response.end(); });
module.exports = server.listen(0, '127.0.0.1');
JS
cat > call.cjs <<'JS'
require('dd-trace').init();
const server = require('./answer.cjs');
server.on('listening', async () => {
  for (const code of [404, 500]) await (await fetch(`http://127.0.0.1:${server.address().port}/${code}`)).text();
  server.closeAllConnections();
  server.close();
});
JS
cat > call.py <<'PY'
import ddtrace.auto
import http.server, threading
import requests

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
for code in (404, 500):
    requests.get(f"http://127.0.0.1:{server.server_port}/{code}")
PY
cat > tell.cjs <<'JS'
const status = ['UNSET', 'OK', 'ERROR'], kinds = ['', '', 'server', 'client'];
const told = [];
for (const line of require('fs').readFileSync('spans', 'utf8').trim().split('\n')) {
  const resource = JSON.parse(line).resourceSpans[0];
  const language = resource.resource.attributes.find((one) => one.key === 'telemetry.sdk.language').value.stringValue;
  for (const span of resource.scopeSpans[0].spans) {
    const code = span.attributes.find((one) => one.key === 'http.status_code')?.value.stringValue;
    if (code) told.push(`${language}, ${kinds[span.kind]}, ${code}: ${status[span.status.code]}`);
  }
}
console.log([...new Set(told)].sort().join('\n'));
JS
node receive.cjs & receiver=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_PROTOCOL=http/json OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(cat port)
export DD_TRACE_AGENT_URL=$OTEL_EXPORTER_OTLP_ENDPOINT DD_INSTRUMENTATION_TELEMETRY_ENABLED=false DD_REMOTE_CONFIGURATION_ENABLED=false
export DD_TRACE_STARTUP_LOGS=false
nice node call.cjs
nice v/bin/python call.py 2>/dev/null
seen=$(node tell.cjs)

echo "dd-trace 6.21.0 and ddtrace 4.16.0, sending OTLP: calls by fetch and by requests that are answered with 404 and 500"
echo "expected: ERROR of the client's 500 in both; 404 alike in both"
echo "seen:"; echo "$seen"
[ "$seen" = 'nodejs, client, 404: ERROR
nodejs, client, 500: UNSET
nodejs, server, 404: UNSET
nodejs, server, 500: ERROR
python, client, 404: UNSET
python, client, 500: ERROR' ] || { echo "the behaviour changed"; exit 1; }
