package betraceprocessor

import (
	"context"
	"net"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadata"
	"github.com/betracehq/betrace/go/betraceprocessor/internal/status"
)

// shared is what the processors of one Collector have together.
type shared struct {
	series *seriesBudget
	// groups bounds the series of each metric of windows, apart from those of verdicts.
	groups   *seriesBudget
	key      *processKey
	resolver resolver
	pages    *status.Servers
}

func newShared(series int) *shared {
	return &shared{series: newSeriesBudget(series), groups: newSeriesBudget(series), key: &processKey{}, resolver: net.DefaultResolver, pages: &status.Servers{}}
}

// NewFactory makes the factory that a Collector distribution registers. The processors that it makes share a bound of
// their metrics' series and a key for those that have none, and the status page.
func NewFactory() processor.Factory {
	shared := newShared(verdictSeries)
	create := func(_ context.Context, set processor.Settings, config component.Config, next consumer.Traces) (processor.Traces, error) {
		return newProcessor(set, config.(*Config), next, newSystemClock(), shared), nil
	}
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(create, metadata.TracesStability),
	)
}
