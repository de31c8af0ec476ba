#!/bin/bash
# A function of AWS Lambda answers a request by what it returns. With OpenTelemetry's instrumentations an answer of 500 is a SERVER span
# that is UNSET; in Node it has no code at all, and no method, path or route. In Python the route of an HTTP API, the kind that is made
# by default, is the path that was asked (/orders/7), and the target of a REST API is the route. A batch of messages of which the
# function says that one failed is UNSET in both.
#
# Why it matters to who writes rules: neither `status == error` nor `otel:http.status >= 500` finds what a function in Node answered, and
# rules grouped by route have a group for each order.
#
# Expectation: http.response.status_code or http.status_code on each, ERROR for 500, the route as it was declared.
# Versions: opentelemetry-instrumentation-aws-lambda 0.66b1 (Python), @opentelemetry/instrumentation-aws-lambda 0.75.0 (Node).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-aws-lambda==0.66b1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-aws-lambda@0.75.0 >/dev/null

cat > events.json <<'JSON'
{"a REST API": {"resource": "/orders/{id}", "path": "/orders/7", "httpMethod": "GET", "headers": {},
  "requestContext": {"resourcePath": "/orders/{id}", "httpMethod": "GET", "protocol": "HTTP/1.1"}, "answer": {"statusCode": 500}},
 "an HTTP API": {"version": "2.0", "routeKey": "GET /orders/{id}", "rawPath": "/orders/7", "headers": {},
  "requestContext": {"http": {"method": "GET", "path": "/orders/7", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}},
  "answer": {"statusCode": 500}},
 "a queue": {"Records": [{"messageId": "m1", "body": "order", "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {},
  "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders"}], "answer": {"batchItemFailures": [{"itemIdentifier": "m1"}]}}}
JSON
cat > shop.py <<'PY'
def handler(event, context):
    return event["answer"]
PY
cat > shop.js <<'JS'
exports.handler = async (event) => event.answer;
JS
cat > probe.py <<'PY'
import json
import types

from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import shop

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
AwsLambdaInstrumentor().instrument(tracer_provider=provider)
arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
context = types.SimpleNamespace(function_name="shop", invoked_function_arn=arn, aws_request_id="r1")
for name, event in json.load(open("events.json")).items():
    shop.handler(event, context)
    for span in spans.get_finished_spans():
        values = ", ".join(f"{key} {value}" for key, value in span.attributes.items() if key.startswith("http."))
        print(f"Python, {name}: {span.name} {span.kind.name} {span.status.status_code.name} {values or 'nothing of http'}")
    spans.clear()
PY
cat > probe.js <<'JS'
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { AwsLambdaInstrumentation } = require('@opentelemetry/instrumentation-aws-lambda');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
registerInstrumentations({ instrumentations: [new AwsLambdaInstrumentation()], tracerProvider: provider });
const { handler } = require(`${__dirname}/shop.js`);

const context = { functionName: 'shop', invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:shop', awsRequestId: 'r1' };
const kinds = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
(async () => {
  for (const [name, event] of Object.entries(require('./events.json'))) {
    await handler(event, context);
    for (const span of spans.getFinishedSpans()) {
      const values = Object.entries(span.attributes).filter(([key]) => /^(http|url)\./.test(key)).map((pair) => pair.join(' '));
      const status = ['UNSET', 'OK', 'ERROR'][span.status.code];
      console.log(`Node, ${name}: ${span.name} ${kinds[span.kind]} ${status} ${values.join(', ') || 'nothing of http'}`);
    }
    spans.reset();
  }
})();
JS
export AWS_LAMBDA_FUNCTION_NAME=shop _HANDLER=shop.handler LAMBDA_TASK_ROOT="$work"
seen=$(v/bin/python probe.py 2>/dev/null; node probe.js)

echo "instrumentation-aws-lambda 0.66b1 (Python), 0.75.0 (Node): requests answered with 500, and a message that failed"
echo "expected: the code 500, ERROR and the route /orders/{id}"
echo "seen:"; echo "$seen"
[ "$seen" = "Python, a REST API: shop SERVER UNSET http.method GET, http.route /orders/{id}, http.target /orders/{id}, http.status_code 500
Python, an HTTP API: shop SERVER UNSET http.method GET, http.route /orders/7, http.target /orders/7, http.status_code 500
Python, a queue: process orders CONSUMER UNSET nothing of http
Python, a queue: shop SERVER UNSET nothing of http
Node, a REST API: shop SERVER UNSET nothing of http
Node, an HTTP API: shop SERVER UNSET nothing of http
Node, a queue: process orders CONSUMER UNSET nothing of http
Node, a queue: shop SERVER UNSET nothing of http" ] || { echo "the behaviour changed"; exit 1; }
