package shop

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Telemetry says where spans go.
type Telemetry struct {
	Endpoint string // host:port
	Protocol string // grpc or http
}

// exportInterval is short, so that the spans of one trace leave in many batches, children before their parents,
// as they do in a cluster.
const exportInterval = 100 * time.Millisecond

func (t Telemetry) provider(ctx context.Context, service string) (*sdktrace.TracerProvider, error) {
	exporter, err := t.exporter(ctx)
	if err != nil {
		return nil, err
	}
	described, err := resource.Merge(resource.Default(), resource.NewWithAttributes(semconv.SchemaURL,
		semconv.ServiceName(service),
		semconv.ServiceNamespace("demoshop"),
		semconv.ServiceVersion("1.4.2"),
		semconv.DeploymentEnvironmentNameProduction,
	))
	if err != nil {
		return nil, err
	}
	return sdktrace.NewTracerProvider(
		sdktrace.WithResource(described),
		sdktrace.WithBatcher(exporter, sdktrace.WithBatchTimeout(exportInterval)),
	), nil
}

func (t Telemetry) exporter(ctx context.Context) (*otlptrace.Exporter, error) {
	switch t.Protocol {
	case "grpc":
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(t.Endpoint), otlptracegrpc.WithInsecure())
	case "http":
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(t.Endpoint), otlptracehttp.WithInsecure())
	default:
		return nil, fmt.Errorf("unknown protocol %q: grpc or http", t.Protocol)
	}
}
