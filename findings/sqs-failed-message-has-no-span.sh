#!/bin/bash
# The instrumentation of boto3's SQS opens a CONSUMER span as a program reads a message out of what it received, and ends it
# when the message is deleted. A message whose handling failed is not deleted, so that SQS gives it out again: its span never
# ends and is never sent. What was done for it names a parent that nobody ever sees.
#
# Why it matters to who writes rules: "no message fails" and "a failed message is told of" have nothing to look at, as only
# those that went well are there; a message that poisons its queue, tried a hundred times, leaves a hundred orphans.
#
# Expectation: the span of a message ends when the program turns to the next one, or with what was done for it.
# Versions: opentelemetry-instrumentation-boto3sqs 0.66b1, boto3 1.44.8.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 boto3==1.44.8 \
  opentelemetry-instrumentation-boto3sqs==0.66b1

cat > probe.py <<'PY'
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
from opentelemetry.instrumentation.boto3sqs import Boto3SQSInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
Boto3SQSInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")
digest = hashlib.md5(b"order").hexdigest()
MESSAGES = [{"MessageId": str(n), "ReceiptHandle": f"receipt {n}", "Body": "order", "MD5OfBody": digest} for n in (1, 2, 3)]


class Queue(BaseHTTPRequestHandler):
    """Gives out three messages, and agrees to all else."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        asked = self.headers["x-amz-target"].endswith("ReceiveMessage")
        body = json.dumps({"Messages": MESSAGES} if asked else {}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Queue)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
sqs = boto3.client("sqs", region_name="eu-west-1", endpoint_url=address, aws_access_key_id="x", aws_secret_access_key="x")
queue = address + "/1/orders"
for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=3)["Messages"]:
    try:
        with tracer.start_as_current_span("order " + message["MessageId"]):
            if message["MessageId"] == "2":
                raise ValueError("out of stock")
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    except ValueError:
        pass  # It is given out again when its time is up.
server.shutdown()

sent = {span.context.span_id: span for span in spans.get_finished_spans()}
for span in sorted(sent.values(), key=lambda span: span.start_time):
    if span.name.startswith("order "):
        parent = sent.get(span.parent.span_id)
        told = f"{parent.name} of message {parent.attributes['messaging.message.id']}" if parent else "a span that was not sent"
        print(f"{span.name} {span.status.status_code.name}: below {told}")
PY
seen=$(AWS_EC2_METADATA_DISABLED=true v/bin/python probe.py)

echo "instrumentation-boto3sqs 0.66b1: three messages, of which the second fails and stays in the queue"
echo "expected: a span \"orders process\" of each"
echo "seen:"; echo "$seen"
[ "$seen" = "order 1 UNSET: below orders process of message 1
order 2 ERROR: below a span that was not sent
order 3 UNSET: below orders process of message 3" ] || { echo "the behaviour changed"; exit 1; }
