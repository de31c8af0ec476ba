#!/bin/bash
# A program that stops reading a streamed model answer after the first piece (the user closed the page) did nothing
# wrong. Three instrumentations of one client call it ERROR, OK and UNSET. And while the program still holds the
# stream there is no span at all.
#
# Why it matters to who writes rules: "a failed model call must be followed by ..." fires or not by the package that is
# installed; changing the package changes what a rule means.
#
# Expectation: the conventions for model spans leave status to the general rule: unset unless the operation failed.
# Versions: openai 3.57.0 with opentelemetry-instrumentation-genai-openai 1.3b0 (the conventions' own),
# opentelemetry-instrumentation-openai 0.62.4 (OpenLLMetry), openinference-instrumentation-openai 0.1.66.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check openai==3.57.0 opentelemetry-sdk==1.45.2 \
  opentelemetry-instrumentation-genai-openai==1.3b0 opentelemetry-util-genai==1.3b0 \
  opentelemetry-instrumentation-openai==0.62.4 openinference-instrumentation-openai==0.1.66

cat > probe.py <<'PY'
import gc, http.server, importlib, json, sys, threading
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Model(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in ("one ", "two ", "three"):
            piece = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
                {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}]}
            self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
importlib.import_module(sys.argv[1]).OpenAIInstrumentor().instrument()
import openai

client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", max_retries=0)
stream = client.chat.completions.create(model="m", stream=True, messages=[{"role": "user", "content": "count"}])
for piece in stream:
    break
held = len(spans.get_finished_spans())
del stream, piece
gc.collect()
print(f"{sys.argv[1]}: while held {held} spans, then", [s.status.status_code.name for s in spans.get_finished_spans()])
PY
seen=$(for package in opentelemetry.instrumentation.genai.openai opentelemetry.instrumentation.openai openinference.instrumentation.openai; do
  v/bin/python probe.py $package 2>/dev/null
done)

echo "openai 3.57.0: a stream of three pieces, left after the first"
echo "expected: one status, UNSET, from all three"
echo "seen:"; echo "$seen"
[ "$seen" = "opentelemetry.instrumentation.genai.openai: while held 0 spans, then ['ERROR']
opentelemetry.instrumentation.openai: while held 0 spans, then ['OK']
openinference.instrumentation.openai: while held 0 spans, then ['UNSET']" ] || { echo "the behaviour changed"; exit 1; }
