//go:build cgo && linux && amd64

package betrace

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace/mark"
)

// What package mark makes in Go is what the engine makes: a mark, and the names by which a violation is known.
func TestThePackageMarkKnowsTheEnginesViolations(t *testing.T) {
	const secret = "the key of this tier"
	settings := DefaultSettings()
	settings.RestartGrace, settings.MarkKeys = false, []MarkKey{secret}
	engine, err := NewEngine(compileText(t, testRules), settings, start)
	require.NoError(t, err)
	defer engine.Close()
	_, err = engine.Consume(whole(t, oneSpan(1, "payment.bypass_validation")), start)
	require.NoError(t, err)
	message, _, err := engine.TakeViolations(1)
	require.NoError(t, err)
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	require.NoError(t, err)

	scope := traces.ResourceSpans().At(0).ScopeSpans().At(0)
	span := scope.Spans().At(0)
	require.Equal(t, mark.Scope, scope.Scope().Name())
	require.Equal(t, mark.SpanName, span.Name())
	_, found := span.Attributes().Get(mark.ViolationID)
	require.True(t, found)
	made, found := span.Attributes().Get(mark.Attribute)
	require.True(t, found)
	key, err := mark.NewKey(secret)
	require.NoError(t, err)
	require.Equal(t, made.Str(), key.Mark(span.TraceID(), span.SpanID()))
}
