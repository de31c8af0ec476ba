package betraceprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadata"
)

// NewFactory makes the factory that a Collector distribution registers. The processors that it makes share a bound of
// their metrics' series, and nothing else.
func NewFactory() processor.Factory {
	series := newSeriesBudget(verdictSeries)
	create := func(_ context.Context, set processor.Settings, config component.Config, next consumer.Traces) (processor.Traces, error) {
		return newProcessor(set, config.(*Config), next, newSystemClock(), series), nil
	}
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(create, metadata.TracesStability),
	)
}
