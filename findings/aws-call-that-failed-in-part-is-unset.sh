#!/bin/bash
# Some calls of AWS are answered with 200 and say in the answer that they failed: a function of Lambda that raised, messages that a queue
# did not take, writes that a table left out. The spans of OpenTelemetry's instrumentations of the SDKs for Python and Node are UNSET,
# with the code 200 and no mark, as of calls that did all; in Node messages that were not sent have a PRODUCER span.
#
# Why it matters to who writes rules: "an order that is charged is stored" holds by a span of a write that did not happen; and a failure
# of a function that the caller invoked is seen on the function's own span alone, in another trace where it is not instrumented.
#
# Expectation: an ERROR, an event or an attribute for what the answer says has failed.
# Versions: opentelemetry-instrumentation-botocore 0.66b1, boto3 1.44.8 (Python); @opentelemetry/instrumentation-aws-sdk 0.78.0,
# @aws-sdk/client-lambda 3.1164.0, -sqs 3.1175.0, -dynamodb 3.1169.0 (Node).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 boto3==1.44.8 \
  opentelemetry-instrumentation-botocore==0.66b1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-aws-sdk@0.78.0 @aws-sdk/client-lambda@3.1164.0 \
  @aws-sdk/client-sqs@3.1175.0 @aws-sdk/client-dynamodb@3.1169.0 >/dev/null

cat > cloud.py <<'PY'
# Answers each call with 200, and says that what it asks for was not done.
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])) or "{}")
        target = self.headers.get("x-amz-target", "")
        self.send_response(200)
        if target.endswith("SendMessageBatch"):
            failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in asked["Entries"]]
            answer = {"Successful": [], "Failed": failed}
        elif target.endswith("BatchWriteItem"):
            answer = {"UnprocessedItems": asked["RequestItems"]}
        else:
            self.send_header("x-amz-function-error", "Unhandled")
            answer = {"errorType": "ValueError", "errorMessage": "refused"}
        body = json.dumps(answer).encode()
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
print(server.server_port, flush=True)
server.serve_forever()
PY
cat > probe.py <<'PY'
import os

import boto3
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
BotocoreInstrumentor().instrument(tracer_provider=provider)
endpoint = f"http://127.0.0.1:{os.environ['PORT']}"


def client(service):
    return boto3.client(service, region_name="eu-west-1", endpoint_url=endpoint, aws_access_key_id="a", aws_secret_access_key="b")


queue = f"{endpoint}/123456789012/orders"
told = client("lambda").invoke(FunctionName="charge", Payload=b"{}")["FunctionError"]
failed = client("sqs").send_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "MessageBody": "order"}])["Failed"]
item = {"orders": [{"PutRequest": {"Item": {"id": {"S": "7"}}}}]}
left = client("dynamodb").batch_write_item(RequestItems=item)["UnprocessedItems"]
for outcome, span in zip((told, f"{len(failed)} failed", f"{len(left)} unprocessed"), spans.get_finished_spans()):
    code = span.attributes["http.status_code"]
    print(f"Python, {outcome}: {span.name} {span.kind.name} {span.status.status_code.name} {code}, {len(span.events)} events")
PY
cat > probe.js <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ instrumentations: [new AwsInstrumentation()], tracerProvider: provider });
const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');
const { SQSClient, SendMessageBatchCommand } = require('@aws-sdk/client-sqs');
const { DynamoDBClient, BatchWriteItemCommand } = require('@aws-sdk/client-dynamodb');

const endpoint = `http://127.0.0.1:${process.env.PORT}`;
const where = { region: 'eu-west-1', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const kinds = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
(async () => {
  const told = await new LambdaClient(where).send(new InvokeCommand({ FunctionName: 'charge', Payload: '{}' }));
  const sent = await new SQSClient(where).send(new SendMessageBatchCommand({
    QueueUrl: `${endpoint}/123456789012/orders`, Entries: [{ Id: '1', MessageBody: 'order' }] }));
  const item = { orders: [{ PutRequest: { Item: { id: { S: '7' } } } }] };
  const written = await new DynamoDBClient(where).send(new BatchWriteItemCommand({ RequestItems: item }));
  const outcomes = [told.FunctionError, `${sent.Failed.length} failed`, `${Object.keys(written.UnprocessedItems).length} unprocessed`];
  spans.getFinishedSpans().forEach((span, at) => {
    const code = span.attributes['http.response.status_code'];
    const status = ['UNSET', 'OK', 'ERROR'][span.status.code];
    console.log(`Node, ${outcomes[at]}: ${span.name} ${kinds[span.kind]} ${status} ${code}, ${span.events.length} events`);
  });
})();
JS
mkfifo told
v/bin/python cloud.py > told & cloud=$!
trap 'kill $cloud 2>/dev/null || true; rm -rf "$work"' EXIT
read -r PORT < told
export PORT
seen=$(v/bin/python probe.py; node probe.js 2>/dev/null)

echo "instrumentation-botocore 0.66b1 (Python), -aws-sdk 0.78.0 (Node): calls whose answer of 200 says that they failed"
echo "expected: a mark of the failure on the span"
echo "seen:"; echo "$seen"
[ "$seen" = "Python, Unhandled: Lambda.Invoke CLIENT UNSET 200, 0 events
Python, 1 failed: SQS.SendMessageBatch CLIENT UNSET 200, 0 events
Python, 1 unprocessed: DynamoDB.BatchWriteItem CLIENT UNSET 200, 0 events
Node, Unhandled: charge Invoke CLIENT UNSET 200, 0 events
Node, 1 failed: orders send PRODUCER UNSET 200, 0 events
Node, 1 unprocessed: DynamoDB.BatchWriteItem CLIENT UNSET 200, 0 events" ] || { echo "the behaviour changed"; exit 1; }
