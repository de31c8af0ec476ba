package betraceconnector

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/betracehq/betrace/go/betraceconnector/internal/metadata"
)

// NewFactory makes the factory that a Collector distribution registers.
func NewFactory() connector.Factory {
	return connector.NewFactory(
		metadata.Type,
		createDefaultConfig,
		connector.WithTracesToLogs(createLogs, metadata.TracesToLogsStability),
		connector.WithTracesToMetrics(createMetrics, metadata.TracesToMetricsStability),
	)
}

func createLogs(_ context.Context, set connector.Settings, config component.Config, next consumer.Logs) (connector.Traces, error) {
	return newLogs(set, config.(*Config), next, systemClock{})
}

func createMetrics(_ context.Context, set connector.Settings, config component.Config, next consumer.Metrics) (connector.Traces, error) {
	return newMetrics(set, config.(*Config), next, systemClock{})
}
