//go:build !cgo

package betraceprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/betracehq/betrace/go/betrace"
)

// Built without cgo the processor says at the start that it cannot evaluate rules, and already where
// the configuration is validated.
func TestWithoutCgoNothingStarts(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = []map[string]any{{"id": "a", "condition": "never { x }"}}
	require.ErrorIs(t, confmap.Validate(config), betrace.ErrUnavailable)
	made, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(NewFactory().Type()), config, consumertest.NewNop())
	require.NoError(t, err)
	err = made.Start(context.Background(), componenttest.NewNopHost())
	require.ErrorIs(t, err, betrace.ErrUnavailable)
	require.ErrorContains(t, err, "cannot evaluate rules")
	require.NoError(t, made.Shutdown(context.Background()))
}
