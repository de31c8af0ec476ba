// Command checkout is a request to the shop that is answered without an audit record, sent as the environment says
// (OTEL_EXPORTER_OTLP_*), with the SDK for Go.
package main

import (
	"context"
	"log"
	"os"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	var exporter *otlptrace.Exporter
	var err error
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		exporter, err = otlptracegrpc.New(ctx)
	} else {
		exporter, err = otlptracehttp.New(ctx)
	}
	if err != nil {
		return err
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
	tracer := provider.Tracer("checkout")
	ctx, request := tracer.Start(ctx, "GET /checkout", trace.WithSpanKind(trace.SpanKindServer))
	_, child := tracer.Start(ctx, "cart.load")
	child.End()
	request.End()
	return provider.Shutdown(context.Background())
}
