package betraceprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadata"
)

// NewFactory makes the factory that a Collector distribution registers.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(createTraces, metadata.TracesStability),
	)
}

func createTraces(_ context.Context, set processor.Settings, config component.Config, next consumer.Traces) (processor.Traces, error) {
	return newProcessor(set, config.(*Config), next, newSystemClock())
}
