#!/bin/bash
# `upload_file`, `upload_fileobj` and `download_fileobj` of boto3 look like any other call of S3: they return when all is sent. Inside
# they hand the requests to threads of their own, and each request's span is a trace of its own: that of a file of one part is one
# root, that of a file in parts three or more, of which none knows the others. `put_object` beside them lies below its caller.
#
# Why it matters to who writes rules: "a report is stored before the order ends" is violated by reports that are stored, and "no file
# is written without a check" sees a write without anything before it. Traces of one span are no sign of a caller that is not traced.
#
# Expectation: a call that blocks its caller is traced below it.
# Versions: boto3 1.44.8, opentelemetry-instrumentation-botocore 0.66b1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 boto3==1.44.8 \
  opentelemetry-instrumentation-botocore==0.66b1

cat > probe.py <<'PY'
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
BotocoreInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")


class Store(BaseHTTPRequestHandler):
    """Takes everything, begins an upload in parts for who asks, and has one file of five bytes."""

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer(b"<r><Bucket>b</Bucket><Key>k</Key><UploadId>1</UploadId></r>" if self.command == "POST" else b"")

    do_POST = do_PUT

    def do_GET(self):
        self.answer(b"hello")

    do_HEAD = do_GET

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.send_header("etag", '"x"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=server.serve_forever, daemon=True).start()
s3 = boto3.client("s3", region_name="eu-west-1", endpoint_url=f"http://127.0.0.1:{server.server_port}",
                  aws_access_key_id="x", aws_secret_access_key="x")
for name, call in {
    "put_object": lambda: s3.put_object(Bucket="b", Key="k", Body=b"hello"),
    "upload_fileobj": lambda: s3.upload_fileobj(io.BytesIO(b"hello"), "b", "k"),
    "upload_fileobj of 9 MiB": lambda: s3.upload_fileobj(io.BytesIO(bytes(9 << 20)), "b", "k"),
    "download_fileobj": lambda: s3.download_fileobj("b", "k", io.BytesIO()),
}.items():
    with tracer.start_as_current_span("request") as request:
        call()
    found = [span for span in spans.get_finished_spans() if span.name != "request"]
    below = sorted(span.name for span in found if span.parent and span.parent.span_id == request.context.span_id)
    roots = sorted(span.name for span in found if span.parent is None)
    print(f"{name}: below the request {below}, traces of their own {roots}")
    spans.clear()
server.shutdown()
PY
seen=$(AWS_EC2_METADATA_DISABLED=true v/bin/python probe.py)

echo "boto3 1.44.8, instrumentation-botocore 0.66b1: four calls of S3, each within a request's span"
echo "expected: each below the request"
echo "seen:"; echo "$seen"
[ "$seen" = "put_object: below the request ['S3.PutObject'], traces of their own []
upload_fileobj: below the request [], traces of their own ['S3.PutObject']
upload_fileobj of 9 MiB: below the request [], traces of their own ['S3.CompleteMultipartUpload', 'S3.CreateMultipartUpload', 'S3.UploadPart', 'S3.UploadPart']
download_fileobj: below the request [], traces of their own ['S3.GetObject', 'S3.HeadObject']" ] || { echo "the behaviour changed"; exit 1; }
