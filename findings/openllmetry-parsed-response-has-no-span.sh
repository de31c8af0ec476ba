#!/bin/bash
# OpenLLMetry's instrumentation of the OpenAI client makes a span of `responses.create`, and none of `responses.parse`, which asks
# the same model for an answer in a given form, nor of `create` behind `with_raw_response`. Of chat completions it sees all three.
#
# Why it matters to who writes rules: a program that goes over from chats to responses, as the client's pages advise, drops out of
# "approved models only" and of budgets of tokens in the calls whose answers it acts upon, and nothing tells.
#
# Expectation: each way of one client to one endpoint is one call; the instrumentations of OpenInference and of the conventions
# have a span of all six.
# Versions: openai 3.57.0, opentelemetry-instrumentation-openai (OpenLLMetry) 0.62.4, opentelemetry-sdk 1.45.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 openai==3.57.0 \
  opentelemetry-instrumentation-openai==0.62.4

cat > probe.py <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import openai
import pydantic
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=provider)
CITY = '{"name": "Paris"}'
ANSWERS = {
    "/v1/chat/completions": {
        "id": "1", "object": "chat.completion", "created": 1, "model": "gpt", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": CITY}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
    "/v1/responses": {
        "id": "1", "object": "response", "created_at": 1, "model": "gpt", "status": "completed", "output": [
            {"id": "2", "type": "message", "role": "assistant", "status": "completed", "content": [
                {"type": "output_text", "text": CITY, "annotations": []}]}],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_tokens_details": {"cached_tokens": 0},
                  "output_tokens_details": {"reasoning_tokens": 0}}},
}


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(ANSWERS[self.path]).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class City(pydantic.BaseModel):
    name: str


server = HTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/v1")
chats, responses = client.chat.completions, client.responses
question = {"model": "gpt", "messages": [{"role": "user", "content": "The capital of France?"}]}
text = {"model": "gpt", "input": "The capital of France?"}
calls = {
    "chat create": lambda: chats.create(**question),
    "chat parse": lambda: chats.parse(**question, response_format=City),
    "chat create, raw": lambda: chats.with_raw_response.create(**question).parse(),
    "response create": lambda: responses.create(**text),
    "response parse": lambda: responses.parse(**text, text_format=City),
    "response create, raw": lambda: responses.with_raw_response.create(**text).parse(),
}
for name, call in calls.items():
    spans.clear()
    call()
    print(f"{name}: spans {[span.name for span in spans.get_finished_spans()]}")
server.shutdown()
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "openai 3.57.0, OpenLLMetry 0.62.4: one call each"
echo "expected: one span each"
echo "seen:"; echo "$seen"
[ "$seen" = "chat create: spans ['openai.chat']
chat parse: spans ['openai.chat']
chat create, raw: spans ['openai.chat']
response create: spans ['openai.response']
response parse: spans []
response create, raw: spans []" ] || { echo "the behaviour changed"; exit 1; }
