//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/betracehq/betrace/go/betrace"
)

const reloadInterval = 10 * time.Second

type reloadBench struct {
	*bench
	path string
}

func startReloadBench(t *testing.T, text string) *reloadBench {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	b := startBench(t, func(c *Config) {
		c.Rules.Inline = nil
		c.Rules.Files = []string{path}
		c.Trace.IdleTimeout = time.Hour
		c.Trace.MaxAge = 2 * time.Hour
	})
	return &reloadBench{bench: b, path: path}
}

// write changes the rules and lets the next look at them happen.
func (b *reloadBench) write(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(b.path, []byte(text), 0o600))
	b.clock.advance(t, reloadInterval, reloadInterval)
}

func (b *bench) sum(t *testing.T, metric string, labels ...attribute.KeyValue) float64 {
	t.Helper()
	return sumOf(t, b.telemetry, metric, labels...)
}

func (b *bench) reloads(t *testing.T, outcome string) float64 {
	return b.sum(t, "otelcol_processor_betrace_reloads", attribute.String("outcome", outcome))
}

const (
	ruleA = "rules:\n  - id: a\n    condition: never { first }\n"
	ruleB = "rules:\n  - id: b\n    condition: never { second.where(amount > 5) }\n"
)

func TestChangedRulesAreUsed(t *testing.T) {
	b := startReloadBench(t, ruleA)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "second", "second")))
	b.write(t, ruleB)
	require.EqualValues(t, 1, b.reloads(t, "success"))
	// A trace that was live then: presence still fires.
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(2, "second", "second", "first")))
	b.requireViolations(t, "b")
	require.InDelta(t, float64(epoch/1_000_000_000)+10, b.sum(t, "otelcol_processor_betrace_last_reload_success_time"), 0.01)
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 1, b.reloads(t, "success"), "nothing changed since")
}

func TestAFaultyChangeIsRefusedAndSaidOnce(t *testing.T) {
	b := startReloadBench(t, ruleA)
	b.write(t, "rules:\n  - id: a\n    condition: never { first.where( }\n")
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 1, b.reloads(t, "refused"))
	logged := b.logs.FilterMessageSnippet("are refused").All()
	require.Len(t, logged, 1)
	require.Contains(t, logged[0].Message, b.path+":3:")
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "first")))
	b.requireViolations(t, "a")

	b.write(t, ruleB)
	require.EqualValues(t, 1, b.reloads(t, "success"))
}

func TestUnreadableRulesStayInUse(t *testing.T) {
	b := startReloadBench(t, ruleA)
	require.NoError(t, os.Remove(b.path))
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 1, b.reloads(t, "unreadable"))
	require.Len(t, b.logs.FilterMessageSnippet("cannot be read").All(), 1)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "first")))
	b.requireViolations(t, "a")
}

// A batch written for the old rules is judged by them, however long the next consumer holds it.
func TestABatchUnderwayIsJudgedByItsOwnRules(t *testing.T) {
	thinning := newThinning(betrace.NewThin(betrace.Wanted{}))
	old := thinning.enter()
	stop := make(chan struct{})
	suspended := make(chan bool)
	go func() { suspended <- thinning.suspend(stop) }()
	var whole *generation
	require.Eventually(t, func() bool {
		whole = thinning.enter()
		whole.underway.Add(-1)
		return whole.thin == nil
	}, 5*time.Second, time.Millisecond, "new batches are written whole meanwhile")
	select {
	case <-suspended:
		t.Fatal("the rules were swapped under a batch")
	case <-time.After(20 * time.Millisecond):
	}
	old.underway.Add(-1)
	require.True(t, <-suspended)
	message, err := whole.append(nil, spansNamed(1, "x"))
	require.NoError(t, err)
	require.Contains(t, string(message), "host.name")

	thinning.resume(betrace.NewThin(betrace.Wanted{}))
	stuck := thinning.enter()
	close(stop)
	require.False(t, thinning.suspend(stop), "a shutdown does not wait for ever")
	require.NotNil(t, thinning.enter().thin)
	stuck.underway.Add(-1)
}

func TestNothingIsWatchedWhereReloadIsOff(t *testing.T) {
	b := startBench(t, func(c *Config) {
		c.Rules.Inline, c.Rules.Files, c.Rules.ReloadInterval = nil, []string{"testdata/rules"}, 0
	})
	b.tick(t, time.Second)
	require.Len(t, b.clock.tickers, 1)
}
