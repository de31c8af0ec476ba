package main

import (
	"context"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	options := []stdouttrace.Option{}
	if len(os.Args) > 1 {
		options = append(options, stdouttrace.WithPrettyPrint())
	}
	exporter, err := stdouttrace.New(options...)
	if err != nil {
		panic(err)
	}
	provider := sdk.NewTracerProvider(sdk.WithSyncer(exporter), sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"))))
	tracer := provider.Tracer("lib", trace.WithInstrumentationVersion("1.0"))
	ctx, op := tracer.Start(context.Background(), "op", trace.WithSpanKind(trace.SpanKindServer))
	_, child := tracer.Start(ctx, "child", trace.WithSpanKind(trace.SpanKindClient), trace.WithLinks(trace.Link{SpanContext: op.SpanContext(), Attributes: []attribute.KeyValue{attribute.Int("k", 1)}}))
	child.SetAttributes(attribute.Int("n", 5), attribute.Float64("ratio", 0.5), attribute.Bool("ok", true), attribute.StringSlice("list", []string{"a", "b"}))
	child.AddEvent("retry", trace.WithAttributes(attribute.Int("attempt", 2)))
	child.SetStatus(codes.Error, "boom")
	child.End()
	op.End()
}
