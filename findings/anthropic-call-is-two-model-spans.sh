#!/bin/bash
# Anthropic's Python client makes a model span by itself wherever an OpenTelemetry provider is set: operation "chat",
# model, tokens. With an instrumentation installed beside it (the conventions' own, here) one call is two such spans,
# and both carry the call's whole token count. The client's span also has http.route, which is a server's attribute.
#
# Why it matters to who writes rules: token budgets and "at most N model calls" count double, and a rule that picks
# requests by http.route finds a client. It began with an update of the client, without a change of one's own.
#
# Expectation: a client library emits nothing until it is instrumented, or the instrumentation knows and stands back.
# Versions: anthropic 2.14.0, opentelemetry-instrumentation-genai-anthropic 1.3b0, opentelemetry-sdk 1.45.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check anthropic==2.14.0 opentelemetry-sdk==1.45.2 \
  opentelemetry-instrumentation-genai-anthropic==1.3b0 opentelemetry-util-genai==1.3b0

cat > probe.py <<'PY'
import http.server, json, sys, threading
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

ANSWER = json.dumps({"id": "m1", "type": "message", "role": "assistant", "model": "claude-x", "stop_reason": "end_turn",
                     "stop_sequence": None, "content": [{"type": "text", "text": "yes"}],
                     "usage": {"input_tokens": 100, "output_tokens": 10}}).encode()


class Model(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
if sys.argv[1] == "instrumented":
    from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
    AnthropicInstrumentor().instrument()
import anthropic

client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{server.server_port}", api_key="none", max_retries=0)
client.messages.create(model="claude-x", max_tokens=9, messages=[{"role": "user", "content": "?"}])
chats = [s for s in spans.get_finished_spans() if s.attributes.get("gen_ai.operation.name") == "chat"]
print(f"{sys.argv[1]}: {len(chats)} chat spans, {sum(s.attributes['gen_ai.usage.input_tokens'] for s in chats)} input tokens,",
      "http.route", [s.attributes["http.route"] for s in chats if "http.route" in s.attributes])
PY
seen=$(v/bin/python probe.py alone 2>/dev/null; v/bin/python probe.py instrumented 2>/dev/null)

echo "anthropic 2.14.0, one call that used 100 input tokens"
echo "expected: alone 0 chat spans; instrumented 1 chat span, 100 input tokens; no http.route"
echo "seen:"; echo "$seen"
[ "$seen" = "alone: 1 chat spans, 100 input tokens, http.route ['/v1/messages']
instrumented: 2 chat spans, 200 input tokens, http.route ['/v1/messages']" ] || { echo "the behaviour changed"; exit 1; }
