#!/bin/bash
# google-genai calls tools by itself and asks the model again (automatic function calling), in `models.generate_content` as in a
# chat. What one sees of it depends on the way in and on the instrumentation. With that of OpenTelemetry, generate_content is one
# span for all calls of the model, with the tokens of the last, and each tool has a span; through a chat each call has its
# span, and no tool has any. With that of OpenInference no tool has a span in either.
#
# Why it matters to who writes rules: a budget of tokens counts a quarter of what was spent here; "at most two calls of the model" is
# kept by four; and "a tool that writes needs an approval" has no tool to look at.
#
# Expectation: a span for each call of the model and for each tool, whichever way in.
# Versions: google-genai 2.34.0, opentelemetry-instrumentation-google-genai 1.3b0, openinference-instrumentation-google-genai 1.4.14.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 google-genai==2.34.0 \
  opentelemetry-instrumentation-google-genai==1.3b0 openinference-instrumentation-google-genai==1.4.14

cat > probe.py <<'PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from google import genai
from google.genai import types
from openinference.instrumentation.google_genai import GoogleGenAIInstrumentor
from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

which, way = sys.argv[1:]
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
instrumentor = GoogleGenAiSdkInstrumentor() if which == "OpenTelemetry" else GoogleGenAIInstrumentor()
instrumentor.instrument(tracer_provider=provider)
calls, ran = [], []


class Model(BaseHTTPRequestHandler):
    """Asks three times for a tool, and answers then; each call costs a hundred tokens and ten."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        calls.append(self.path)
        part = {"functionCall": {"name": "stock", "args": {"item": "tea"}}} if len(calls) < 4 else {"text": "Yes."}
        usage = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}
        answer = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
        body = json.dumps({"candidates": [answer], "usageMetadata": usage, "modelVersion": "gemini-test"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def stock(item: str) -> int:
    """How many are left of an item."""
    ran.append(item)
    return 3


server = HTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
options = types.HttpOptions(base_url=f"http://127.0.0.1:{server.server_port}")
client = genai.Client(api_key="none", http_options=options)
by_hand = types.AutomaticFunctionCallingConfig(disable=True)
config = types.GenerateContentConfig(tools=[stock], automatic_function_calling=by_hand if way == "by hand" else None)
if way == "by hand":  # A way out.
    contents = [types.Content(role="user", parts=[types.Part(text="Is there tea?")])]
    while asked := (answer := client.models.generate_content(model="gemini-test", contents=contents, config=config)).function_calls:
        contents.append(answer.candidates[0].content)
        for call in asked:
            with provider.get_tracer("shop").start_as_current_span("execute_tool " + call.name):
                response = {"result": stock(**call.args)}
            contents.append(types.Content(role="user", parts=[types.Part.from_function_response(name=call.name, response=response)]))
elif way == "chat":
    client.chats.create(model="gemini-test", config=config).send_message("Is there tea?")
else:
    client.models.generate_content(model="gemini-test", contents="Is there tea?", config=config)
server.shutdown()
models = [span for span in spans.get_finished_spans() if not span.name.startswith("execute_tool")]
tools = len(spans.get_finished_spans()) - len(models)
tokens = sum(span.attributes.get("gen_ai.usage.input_tokens", span.attributes.get("llm.token_count.prompt", 0)) for span in models)
print(f"{which}, {way}: spans of {len(models)} of {len(calls)} calls, of {tools} of {len(ran)} tools, {tokens} of {100 * len(calls)} tokens")
PY
seen=$(
  for which in OpenTelemetry OpenInference; do
    for way in generate_content chat "by hand"; do v/bin/python probe.py $which "$way" 2>/dev/null; done
  done
)

echo "google-genai 2.34.0: four calls of a model and three of a tool, in three ways, seen by two instrumentations"
echo "expected: spans of all"
echo "seen:"; echo "$seen"
[ "$seen" = "OpenTelemetry, generate_content: spans of 1 of 4 calls, of 3 of 3 tools, 100 of 400 tokens
OpenTelemetry, chat: spans of 4 of 4 calls, of 0 of 3 tools, 400 of 400 tokens
OpenTelemetry, by hand: spans of 4 of 4 calls, of 3 of 3 tools, 400 of 400 tokens
OpenInference, generate_content: spans of 1 of 4 calls, of 0 of 3 tools, 100 of 400 tokens
OpenInference, chat: spans of 4 of 4 calls, of 0 of 3 tools, 400 of 400 tokens
OpenInference, by hand: spans of 4 of 4 calls, of 3 of 3 tools, 400 of 400 tokens" ] || { echo "the behaviour changed"; exit 1; }
