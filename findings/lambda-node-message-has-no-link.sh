#!/bin/bash
# A service in Node sends a message to a queue of SQS and a function of Lambda in Node takes it, both with OpenTelemetry's
# instrumentations. The sender writes `traceparent` into the message's attributes; the function looks for X-Ray's header alone, so its
# span `process` has no link to the sender. What the function does lies beside that span, not below it. A function in Python that takes
# the same message has the link, and its work below.
#
# Why it matters to who writes rules: "an order that is queued is charged" cannot be followed over the queue, and `inside` a CONSUMER span
# is empty, for the functions of one language; nothing tells the two apart.
#
# Expectation: what the one instrumentation writes, its sister reads.
# Versions: @opentelemetry/instrumentation-aws-lambda 0.75.0, -aws-sdk 0.78.0, @aws-sdk/client-sqs 3.1175.0 (Node);
# opentelemetry-instrumentation-aws-lambda 0.66b1 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 \
  opentelemetry-instrumentation-aws-lambda==0.66b1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  @opentelemetry/instrumentation@0.223.0 @opentelemetry/instrumentation-aws-lambda@0.75.0 \
  @opentelemetry/instrumentation-aws-sdk@0.78.0 @aws-sdk/client-sqs@3.1175.0 >/dev/null

cat > shop.py <<'PY'
from opentelemetry import trace


def handler(event, context):
    with trace.get_tracer("shop").start_as_current_span("charge"):
        pass
PY
cat > shop.js <<'JS'
const { trace } = require('@opentelemetry/api');
exports.handler = async () => trace.getTracer('shop').startActiveSpan('charge', (span) => span.end());
JS
cat > probe.js <<'JS'
// Sends a message to a queue that keeps it, and hands it to the function as Lambda does: the names of a message's fields begin small.
const { createHash } = require('crypto');
const fs = require('fs');
const http = require('http');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk');
const { AwsLambdaInstrumentation } = require('@opentelemetry/instrumentation-aws-lambda');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const lambda = new AwsLambdaInstrumentation({ useGlobalPropagatorForSqsExtraction: process.argv[2] === 'asked' });
registerInstrumentations({ instrumentations: [new AwsInstrumentation(), lambda], tracerProvider: provider });
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const { handler } = require(`${__dirname}/shop.js`);

let kept;
const queue = http.createServer(async (request, answer) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  kept = JSON.parse(Buffer.concat(parts));
  answer.setHeader('content-type', 'application/x-amz-json-1.0');
  answer.end(JSON.stringify({ MessageId: 'm1', MD5OfMessageBody: createHash('md5').update(kept.MessageBody).digest('hex') }));
});
queue.listen(0, '127.0.0.1', async () => {
  const endpoint = `http://127.0.0.1:${queue.address().port}`;
  const client = new SQSClient({ region: 'eu-west-1', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  await client.send(new SendMessageCommand({ QueueUrl: `${endpoint}/123456789012/orders`, MessageBody: 'order' }));
  queue.close();
  queue.closeAllConnections();
  const [sent] = spans.getFinishedSpans();
  spans.reset();
  const messageAttributes = Object.fromEntries(
    Object.entries(kept.MessageAttributes).map(([name, value]) => [name, { stringValue: value.StringValue, dataType: value.DataType }]));
  const arn = 'arn:aws:sqs:eu-west-1:123456789012:orders';
  const message = { messageId: 'm1', body: 'order', eventSource: 'aws:sqs', eventSourceARN: arn, attributes: {}, messageAttributes };
  fs.writeFileSync('event.json', JSON.stringify({ sender: sent.spanContext().spanId, event: { Records: [message] } }));
  await handler({ Records: [message] }, { functionName: 'shop', invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:shop', awsRequestId: 'r1' });
  const found = Object.fromEntries(spans.getFinishedSpans().map((span) => [span.name, span]));
  const links = found['process orders'].links.map((link) => (link.context.spanId === sent.spanContext().spanId ? 'the sender' : 'another'));
  const below = found.charge.parentSpanContext.spanId === found['process orders'].spanContext().spanId;
  const asked = process.argv[2] === 'asked' ? ' when asked to' : '';
  console.log(`Node${asked}: sent with [${Object.keys(messageAttributes)}], linked to [${links}], charge ${below ? 'below' : 'beside'} it`);
});
JS
cat > probe.py <<'PY'
import json
import types

from opentelemetry import trace
from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import shop

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
AwsLambdaInstrumentor().instrument()
kept = json.load(open("event.json"))
arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
shop.handler(kept["event"], types.SimpleNamespace(function_name="shop", invoked_function_arn=arn, aws_request_id="r1"))
found = {span.name: span for span in spans.get_finished_spans()}
links = ["the sender" if f"{link.context.span_id:016x}" == kept["sender"] else "another" for link in found["process orders"].links]
below = found["charge"].parent.span_id == found["process orders"].context.span_id
print(f"Python: linked to [{', '.join(links)}], charge {'below' if below else 'beside'} it")
PY
export AWS_LAMBDA_FUNCTION_NAME=shop _HANDLER=shop.handler LAMBDA_TASK_ROOT="$work"
seen=$(node probe.js 2>/dev/null; node probe.js asked 2>/dev/null; v/bin/python probe.py 2>/dev/null)

echo "instrumentation-aws-lambda 0.75.0 (Node), 0.66b1 (Python): the span \`process\` of a message that a traced client in Node sent"
echo "expected: linked to the sender, charge below it"
echo "seen:"; echo "$seen"
[ "$seen" = "Node: sent with [traceparent], linked to [], charge beside it
Node when asked to: sent with [traceparent], linked to [the sender], charge beside it
Python: linked to [the sender], charge below it" ] || { echo "the behaviour changed"; exit 1; }
