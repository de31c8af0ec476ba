package betraceconnector

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace/mark"
)

// newTraces are the batches as one.
func newTraces(batches ...ptrace.Traces) ptrace.Traces {
	all := ptrace.NewTraces()
	for _, batch := range batches {
		for _, resource := range batch.ResourceSpans().All() {
			resource.CopyTo(all.ResourceSpans().AppendEmpty())
		}
	}
	return all
}

func TestAViolationIsKnownByAKeyAlone(t *testing.T) {
	for _, c := range []struct {
		name           string
		made           string
		key            configopaque.String
		previous       []configopaque.String
		announced      string
		told, unmarked int64
	}{
		{name: "by the key", made: tierKey, key: tierKey, told: 1},
		{name: "by a key before", made: tierKey, key: otherKey, previous: []configopaque.String{tierKey}, told: 1},
		{name: "by the key of a processor of this Collector", made: tierKey, announced: tierKey, told: 1},
		{name: "not by another key", made: tierKey, key: otherKey, announced: otherKey, unmarked: 1},
		{name: "not where there is none", made: tierKey, unmarked: 1},
		{name: "not without a mark", key: tierKey, unmarked: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, func(config *Config) { config.Key, config.PreviousKeys = c.key, c.previous })
			if c.announced != "" {
				defer mark.Announce([]mark.Key{keyOf(t, c.announced)})()
			}
			l, sink := b.logs(t)
			one := broken(1, "audited", "payments")
			one.key = c.made
			for range 2 {
				require.NoError(t, l.ConsumeTraces(context.Background(), violations(t, one)))
			}
			require.EqualValues(t, c.told, sink.LogRecordCount())
			b.requireOutcomes(t, c.told, c.told, 2*c.unmarked)
			require.EqualValues(t, c.unmarked, b.warnings.Len(), "warned once")
		})
	}
}

func TestOtherSpansAreNoViolations(t *testing.T) {
	for name, change := range map[string]func(ptrace.ScopeSpans){
		"of another scope": func(scope ptrace.ScopeSpans) { scope.Scope().SetName("otelhttp") },
		"of another name":  func(scope ptrace.ScopeSpans) { scope.Spans().At(0).SetName("betrace.flush") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			l, sink := b.logs(t)
			batch := newTraces(violations(t, broken(1, "audited", "payments")))
			change(batch.ResourceSpans().At(0).ScopeSpans().At(0))
			require.NoError(t, l.ConsumeTraces(context.Background(), batch))
			require.Empty(t, sink.AllLogs(), "nothing is sent on, no empty batch either")
			b.requireOutcomes(t, 0, 0, 0)
		})
	}
}

// Whoever copies a mark gets no further than the violation that it is of.
func TestACopiedMarkIsTheSameViolation(t *testing.T) {
	b := newBench(t, nil)
	l, sink := b.logs(t)
	batch := violations(t, broken(1, "audited", "payments"))
	copied := newTraces(batch)
	span := copied.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.Attributes().PutStr("betrace.rule.id", "another")
	span.Attributes().PutStr("betrace.violation.id", "ff")
	require.NoError(t, l.ConsumeTraces(context.Background(), batch))
	require.NoError(t, l.ConsumeTraces(context.Background(), copied))
	span.SetSpanID(pcommon.SpanID{7})
	require.NoError(t, l.ConsumeTraces(context.Background(), copied))
	span.Attributes().PutInt("betrace.mark", 7)
	require.NoError(t, l.ConsumeTraces(context.Background(), copied))
	require.Equal(t, 1, sink.LogRecordCount())
	b.requireOutcomes(t, 1, 1, 2)
}

func TestWhatWasToldIsRememberedUntilSoManyCameAfterIt(t *testing.T) {
	id := func(n int) (id identity) {
		binary.BigEndian.PutUint64(id[:], uint64(n))
		return id
	}
	var r recent
	for n := range 2 * generation {
		r.add(id(n))
	}
	require.True(t, r.has(id(0)))
	require.True(t, r.has(id(2*generation-1)))
	r.add(id(2 * generation))
	require.False(t, r.has(id(0)))
	require.False(t, r.has(id(generation-1)))
	require.True(t, r.has(id(generation)))
	require.LessOrEqual(t, len(r.older)+len(r.newer), 2*generation)
}
