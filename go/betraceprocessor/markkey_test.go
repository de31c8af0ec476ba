//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace/mark"
)

const (
	tierKey  = configopaque.String("the key of this tier")
	otherKey = configopaque.String("the key of another tier")
)

func withKey(key configopaque.String, previous ...configopaque.String) func(*Config) {
	return func(c *Config) { c.Violations.Key, c.Violations.PreviousKeys = key, previous }
}

// sentBy is the violation span that a processor sent, as the next one gets it.
func sentBy(t *testing.T, b *bench, trace int) ptrace.Traces {
	t.Helper()
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(trace, "payment.bypass_validation")))
	b.requireViolations(t, "rule-0")
	batch := ptrace.NewTraces()
	scope := batch.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	scope.Scope().SetName("betrace")
	b.sink.violations[0].CopyTo(scope.Spans().AppendEmpty())
	return batch
}

// known says how many of a batch are known as violations, and how many are told as unmarked.
func (b *bench) known(t *testing.T, batch ptrace.Traces) (own, unmarked float64) {
	t.Helper()
	require.NoError(t, b.ConsumeTraces(context.Background(), batch))
	return b.sum(t, prefix+"spans", label("outcome", "own")), b.sum(t, prefix+"spans_unmarked")
}

func TestTiersWithOneKeyDoNotJudgeEachOthersViolations(t *testing.T) {
	const anySpan = "never { any.where(span:status == error) }"
	violation := sentBy(t, startBench(t, withKey(tierKey), never), 1)
	for _, c := range []struct {
		name          string
		config        func(*Config)
		own, unmarked float64
		// What came goes on; what is broken by it comes on top.
		violations []string
	}{
		{"with the same key", withKey(tierKey), 1, 0, []string{"rule-0"}},
		{"with another key", withKey(otherKey), 0, 1, []string{"rule-0", "rule-0"}},
		{"with a key of its own", nil, 0, 1, []string{"rule-0", "rule-0"}},
		{"when the key was rotated", withKey(otherKey, tierKey), 1, 0, []string{"rule-0"}},
		{"when its key will be rotated", withKey(tierKey, otherKey), 1, 0, []string{"rule-0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := startBench(t, c.config, anySpan)
			own, unmarked := b.known(t, violation)
			require.Equal(t, []float64{c.own, c.unmarked}, []float64{own, unmarked})
			b.requireViolations(t, c.violations...)
		})
	}
}

// Two processors of one Collector, in a row or in two pipelines, know each other's violations without a key being set.
func TestProcessorsOfOneCollectorKnowEachOther(t *testing.T) {
	first, second := startBench(t, nil, never), startBench(t, nil, never)
	_, unmarked := second.known(t, sentBy(t, first, 1))
	require.EqualValues(t, 1, unmarked, "they are of two Collectors")

	one := newShared(verdictSeries)
	require.Equal(t, one.key.agree(""), one.key.agree(""))
	require.NotEqual(t, one.key.agree(""), newShared(verdictSeries).key.agree(""), "each Collector makes its own")
	kept := newShared(verdictSeries)
	require.EqualValues(t, "a key that was kept", kept.key.agree("a key that was kept"))
	require.EqualValues(t, "a key that was kept", kept.key.agree(""))
	require.EqualValues(t, "another that was kept", kept.key.agree("another that was kept"))
}

func TestAKeyIsKeptInTheStorageAndNeverLogged(t *testing.T) {
	memory := newMemoryStorage()
	before := startBenchOn(t, hostWith(memory), withStorage, never)
	violation := sentBy(t, before, 1)
	key := string(memory.entries[storedMarkKey.key()])
	require.GreaterOrEqual(t, len(key), leastSecret)
	require.EqualValues(t, 1, before.stored(t, "mark_key", "stored"))
	before.shutdown(t)

	after := startBenchOn(t, hostWith(memory), withStorage, never)
	own, unmarked := after.known(t, violation)
	require.Equal(t, []float64{1, 0}, []float64{own, unmarked})
	require.EqualValues(t, 1, after.stored(t, "mark_key", "restored"))
	require.Equal(t, key, string(memory.entries[storedMarkKey.key()]))
	for _, b := range []*bench{before, after} {
		for _, entry := range b.logs.All() {
			require.NotContains(t, fmt.Sprint(entry.Message, entry.ContextMap()), key)
		}
	}
}

func TestAKeyThatIsSetIsNotStored(t *testing.T) {
	memory := newMemoryStorage()
	startBenchOn(t, hostWith(memory), func(c *Config) {
		withStorage(c)
		c.Violations.Key = tierKey
	}, never)
	require.Empty(t, memory.entries)
}

// A storage that fails costs the key its life, never the start.
func TestAKeyThatCannotBeKeptIsToldAndCounted(t *testing.T) {
	full := newMemoryStorage()
	full.broken = errors.New("no space left")
	b := startBenchOn(t, hostWith(full), withStorage, never)
	require.EqualValues(t, 1, b.stored(t, "mark_key", "failed"))
	require.Len(t, b.logs.FilterMessageSnippet("is not kept").All(), 1)
	b.stopped = true
	require.Error(t, b.Shutdown(context.Background()))

	short := newMemoryStorage()
	short.entries[storedMarkKey.key()] = []byte("short")
	b = startBenchOn(t, hostWith(short), withStorage, never)
	require.Equal(t, "short", string(short.entries[storedMarkKey.refusedKey()]))
	require.GreaterOrEqual(t, len(short.entries[storedMarkKey.key()]), leastSecret, "a new one is made")
	require.Len(t, b.logs.FilterMessageSnippet("is not kept").All(), 1)
}

func TestKeysOfTheWrongLengthAreRefusedWithoutBeingShown(t *testing.T) {
	long := configopaque.String(strings.Repeat("k", mostSecret))
	check := func(key configopaque.String, previous ...configopaque.String) error {
		config := createDefaultConfig().(*Config)
		config.Rules.Inline = inlineRules(never)
		withKey(key, previous...)(config)
		return config.Validate()
	}
	seven := make([]configopaque.String, mostPreviousKeys)
	for i := range seven {
		seven[i] = otherKey
	}
	require.NoError(t, check("sixteen letters."))
	require.NoError(t, check(long, seven...))
	startBench(t, withKey(long, seven...), never)
	require.ErrorContains(t, check("fifteen letters"), "violations::key must have from 16 to 1024 characters, and has 15")
	require.NotContains(t, check("fifteen letters").Error(), "fifteen letters")
	require.ErrorContains(t, check(long+"k"), "and has 1025")
	require.ErrorContains(t, check(tierKey, tierKey, "short"), "violations::previous_keys[1] must have from 16")
	require.ErrorContains(t, check(tierKey, append(seven, otherKey)...), "must be at most 7, and are 8")
	require.ErrorContains(t, check("", tierKey), "nothing without violations::key")
}

// What an SRE looks at when somebody outside chooses trace ids and parents.
func TestMetricSeverityVerdicts(t *testing.T) {
	b := startBench(t, nil, "when { a } always { b }", never)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "x")))
	rootless := spansNamed(2, "x")
	rootless.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetParentSpanID(spanID(9))
	require.NoError(t, b.ConsumeTraces(context.Background(), rootless))
	b.tick(t, 70e9)
	by := func(severity, verdict, reason string) float64 {
		return b.sum(t, prefix+"severity_verdicts", label("severity", severity), label("verdict", verdict), label("reason", reason))
	}
	reopened := func(severity string) float64 {
		return b.sum(t, prefix+"reopened_verdicts", label("severity", severity))
	}
	require.EqualValues(t, 1, by("high", "not_applicable", ""))
	require.EqualValues(t, 1, by("high", "satisfied", ""))
	require.EqualValues(t, 2, by("high", "inconclusive", "no_root"))
	require.EqualValues(t, 0, by("critical", "violated", ""))
	require.EqualValues(t, 0, reopened("high"))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "x", "a")))
	require.EqualValues(t, 2, reopened("high"))
	require.EqualValues(t, 0, reopened("critical"))
}

func TestMetricIDsDropped(t *testing.T) {
	b := startBench(t, nil, never)
	require.EqualValues(t, 0, b.sum(t, prefix+"ids_dropped"))
}

// A connector of the same Collector knows violations without a secret being given to anybody: it asks the package mark, for
// as long as the processor may send.
func TestKeysAreAnnouncedWhileTheProcessorRuns(t *testing.T) {
	marked := func(violation ptrace.Span) bool {
		value, found := violation.Attributes().Get(mark.Attribute)
		require.True(t, found)
		for _, key := range mark.Announced() {
			if key.Made(value.Str(), violation.TraceID(), violation.SpanID()) {
				return true
			}
		}
		return false
	}
	for name, config := range map[string]func(*Config){"of its own": nil, "that is set": withKey(tierKey, otherKey)} {
		t.Run(name, func(t *testing.T) {
			before := len(mark.Announced())
			known := false
			b := startBench(t, config, never)
			b.sink.refuse = func(traces ptrace.Traces) error {
				if isViolations(traces) {
					known = marked(traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0))
					return errors.New("not now")
				}
				return nil
			}
			require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
			b.clock.waiting(t, 100*time.Millisecond)
			b.sink.refuse = func(traces ptrace.Traces) error {
				known = known && marked(traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0))
				return nil
			}
			b.shutdown(t)
			b.requireViolations(t, "rule-0")
			require.True(t, known, "the violation was not known while it was sent")
			require.False(t, marked(b.sink.violations[0]))
			require.Len(t, mark.Announced(), before)
		})
	}
}
