#!/bin/bash
# A presigned URL of S3 is made by the program alone, from its key and the clock: nothing is sent. With OpenTelemetry's middleware
# for the AWS SDK for Go it is a CLIENT span `S3.GetObject` with the bucket and the key, UNSET as of a call that went well. Of what
# a call has, only the answer's code and the request's id are missing.
#
# Why it matters to who writes rules: "who reads a patient's file has a consent before it" and counts of reads take in links that
# nobody may ever open, and the upload or read by whoever has the link, minutes later, is no span at all. For Python the same is no span.
#
# Expectation: a span of kind CLIENT is a request that was sent.
# Versions: otelaws v0.72.0, service/s3 (AWS SDK for Go) v1.114.10; instrumentation-botocore 0.66b1, boto3 1.44.8.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws@v0.72.0 \
  github.com/aws/aws-sdk-go-v2/service/s3@v1.114.10 github.com/aws/aws-sdk-go-v2/credentials@v1.21.0 \
  go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func main() {
	asked := 0
	store := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer store.Close()
	spans := tracetest.NewSpanRecorder()
	config := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("x", "x", "")}
	otelaws.AppendMiddlewares(&config.APIOptions, otelaws.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans))))
	client := s3.NewFromConfig(config, func(options *s3.Options) {
		options.BaseEndpoint, options.UsePathStyle = &store.URL, true
	})
	file := &s3.GetObjectInput{Bucket: aws.String("patients"), Key: aws.String("7.pdf")}
	show := func(what string, err error) {
		for _, span := range spans.Ended() {
			fmt.Printf("%s (error %v, requests sent %d): %s %s %s", what, err, asked, span.Name(), span.SpanKind(), span.Status().Code)
			for _, pair := range span.Attributes() {
				fmt.Printf(" %s=%s", pair.Key, pair.Value.Emit())
			}
			fmt.Println()
		}
		spans.Reset()
	}
	_, err := s3.NewPresignClient(client).PresignGetObject(context.Background(), file)
	show("link", err)
	_, err = client.GetObject(context.Background(), file)
	show("read", err)
}
GO
go=$(nice go run . 2>/dev/null)

python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 boto3==1.44.8 \
  opentelemetry-instrumentation-botocore==0.66b1
cat > probe.py <<'PY'
import boto3
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
BotocoreInstrumentor().instrument(tracer_provider=provider)
s3 = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
s3.generate_presigned_url("get_object", Params={"Bucket": "patients", "Key": "7.pdf"})
print(f"link with Python: {len(spans.get_finished_spans())} spans")
PY
seen="$go
$(AWS_EC2_METADATA_DISABLED=true v/bin/python probe.py)"

echo "otelaws v0.72.0: a presigned URL, and a read; the former with boto3 1.44.8"
echo "expected: no span of the link"
echo "seen:"; echo "$seen"
[ "$seen" = "link (error <nil>, requests sent 0): S3.GetObject client Unset rpc.system.name=aws-api rpc.method=S3/GetObject aws.region=eu-west-1 aws.s3.bucket=patients aws.s3.key=7.pdf
read (error <nil>, requests sent 1): S3.GetObject client Unset rpc.system.name=aws-api rpc.method=S3/GetObject aws.region=eu-west-1 http.response.status_code=200 aws.s3.bucket=patients aws.s3.key=7.pdf
link with Python: 0 spans" ] || { echo "the behaviour changed"; exit 1; }
