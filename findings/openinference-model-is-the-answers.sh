#!/bin/bash
# A program asks for one model and the provider answers with a dated snapshot of it, as most do. Two of three
# instrumentations keep both names apart. OpenInference has one name, `llm.model_name`, and what stands there is the
# answer's; where the call failed it is missing. The model that was asked stands in `llm.invocation_parameters`, a JSON text.
#
# Why it matters to who writes rules: "only models of this list may be called" alarms on every call that was allowed, and
# is silent about a forbidden one that failed.
#
# Expectation: the name of a request is there, whatever the answer says, and whether there is one.
# Versions: openai 3.57.0 with opentelemetry-instrumentation-genai-openai 1.3b0 (the conventions' own),
# opentelemetry-instrumentation-openai 0.62.4 (OpenLLMetry), openinference-instrumentation-openai 0.1.66.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check openai==3.57.0 opentelemetry-sdk==1.45.2 \
  opentelemetry-instrumentation-genai-openai==1.3b0 opentelemetry-util-genai==1.3b0 \
  opentelemetry-instrumentation-openai==0.62.4 openinference-instrumentation-openai==0.1.66

cat > probe.py <<'PY'
import http.server, importlib, json, sys, threading
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Model(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fails = asked["messages"][0]["content"] == "fail"
        answer = {"id": "c1", "object": "chat.completion", "created": 1, "model": "small-2026-01-01", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
        text = json.dumps({"error": {"message": "no"}} if fails else answer).encode()
        self.send_response(500 if fails else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

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
for word in ("answer", "fail"):
    try:
        client.chat.completions.create(model="small", messages=[{"role": "user", "content": word}])
    except openai.OpenAIError:
        pass
names = ("gen_ai.request.model", "gen_ai.response.model", "llm.model_name")
for word, span in zip(("answered", "failed"), spans.get_finished_spans()):
    models = " ".join(f"{name}={span.attributes[name]}" for name in names if name in span.attributes)
    print(f"{sys.argv[1]}, {word}: {models or 'no model'}")
PY
seen=$(for package in opentelemetry.instrumentation.genai.openai opentelemetry.instrumentation.openai openinference.instrumentation.openai; do
  v/bin/python probe.py $package 2>/dev/null
done)

echo "openai 3.57.0: asks for small, small-2026-01-01 answers; and a call that fails"
echo "expected: small is there each time"
echo "seen:"; echo "$seen"
[ "$seen" = "opentelemetry.instrumentation.genai.openai, answered: gen_ai.request.model=small gen_ai.response.model=small-2026-01-01
opentelemetry.instrumentation.genai.openai, failed: gen_ai.request.model=small
opentelemetry.instrumentation.openai, answered: gen_ai.request.model=small gen_ai.response.model=small-2026-01-01
opentelemetry.instrumentation.openai, failed: gen_ai.request.model=small
openinference.instrumentation.openai, answered: llm.model_name=small-2026-01-01
openinference.instrumentation.openai, failed: no model" ] || { echo "the behaviour changed"; exit 1; }
