//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
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
	replaceFile(t, path, text)
	b := startBench(t, func(c *Config) {
		c.Rules.Inline = nil
		c.Rules.Files = []string{path}
		c.Trace.IdleTimeout = time.Hour
		c.Trace.MaxAge = 2 * time.Hour
	})
	return &reloadBench{bench: b, path: path}
}

// replaceFile writes a file as a whole: a look that is under way sees the old text or the new one.
func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// write changes the rules and lets the next look at them happen.
func (b *reloadBench) write(t *testing.T, text string) {
	t.Helper()
	replaceFile(t, b.path, text)
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

// A batch written for the old rules is judged by them, and new batches do not wait for it.
func TestABatchUnderwayIsJudgedByItsOwnRules(t *testing.T) {
	clock := newManualClock()
	thinning := newThinning(betrace.NewThin(betrace.Wanted{}), clock)
	old, fresh := new(batch), new(batch)
	require.NoError(t, thinning.write(old, spansNamed(1, "x")))
	require.NotContains(t, string(old.message), "host.name")
	suspended := make(chan bool)
	go func() { suspended <- thinning.suspend(nil, func(*batch) { t.Error("it comes back in time") }) }()
	clock.waiting(t, swapGrace)
	require.NoError(t, thinning.write(fresh, spansNamed(1, "x")))
	require.Contains(t, string(fresh.message), "host.name", "new batches are written whole meanwhile")
	require.True(t, old.claim())
	select {
	case <-suspended:
		t.Error("the rules were swapped under a batch that is being judged")
	default:
	}
	old.judged()
	require.True(t, <-suspended)
	thinning.resume(betrace.NewThin(betrace.Wanted{}))

	stop := make(chan struct{})
	require.NoError(t, thinning.write(old, spansNamed(1, "x")))
	close(stop)
	require.False(t, thinning.suspend(stop, nil), "a shutdown does not wait for ever")
	require.True(t, old.claim(), "and its batch is judged when it comes back")
	require.NotNil(t, thinning.current.Load().thin)
}

// stuck sends a batch that the next consumer holds until it is released, and says when the batch is back.
func (b *bench) stuck(t *testing.T, traces ptrace.Traces) (back chan error) {
	t.Helper()
	back = make(chan error, 1)
	written := b.underway()
	go func() { back <- b.ConsumeTraces(context.Background(), traces) }()
	require.Eventually(t, func() bool { return b.underway() > written }, 5*time.Second, time.Millisecond)
	return back
}

func (b *bench) underway() int {
	return len(b.running.Load().thinning.current.Load().left())
}

// A dead backend in front of which batches wait keeps no rule from being used: twenty changes, each in use at once, and
// every batch is judged by the rules it was written for, once.
func TestAChangeDoesNotWaitForADeadBackend(t *testing.T) {
	b := startReloadBench(t, ruleA)
	b.sink.hold = make(chan struct{})
	const changes = 20
	var back []chan error
	for change := range changes {
		back = append(back, b.stuck(t, spansNamed(change, "first", "second")))
		rule := ruleA
		if change%2 == 0 {
			rule = ruleB
		}
		replaceFile(t, b.path, rule)
		begun := b.clock.now()
		b.clock.turn(reloadInterval)
		b.clock.tick(t, reloadInterval)
		b.clock.waiting(t, swapGrace)
		b.clock.turn(swapGrace)
		require.Eventually(t, func() bool { return b.reloads(t, "success") == float64(change+1) }, 5*time.Second, time.Millisecond)
		require.LessOrEqual(t, b.clock.now()-begun, uint64(reloadInterval+time.Second))
	}
	judged := b.spans(t)
	require.EqualValues(t, 2*changes, judged["evaluated"])
	close(b.sink.hold)
	for _, one := range back {
		require.NoError(t, <-one)
	}
	require.Equal(t, judged, b.spans(t), "what was judged is not judged again when it comes back")
	// Half of the batches were written for rule a, which their first span breaks; rule b forbids a second one
	// above 5, which the others have.
	var want []string
	for range changes / 2 {
		want = append(want, "a", "b")
	}
	b.requireViolations(t, want...)
}

func TestARefusedBatchThatWasJudgedCountsOnce(t *testing.T) {
	b := startReloadBench(t, "rules:\n  - id: once\n    condition: never { count(first) > 1 }\n  - id: old\n    condition: never { gone }\n")
	b.sink.hold = make(chan struct{})
	refusal := errors.New("down")
	b.sink.refuse = func(ptrace.Traces) error { return refusal }
	back := b.stuck(t, spansNamed(1, "first"))
	replaceFile(t, b.path, "rules:\n  - id: once\n    condition: never { count(first) > 1 }\n")
	b.clock.tick(t, reloadInterval)
	b.clock.waiting(t, swapGrace)
	b.clock.turn(swapGrace)
	require.Eventually(t, func() bool { return b.reloads(t, "success") == 1 }, 5*time.Second, time.Millisecond)
	close(b.sink.hold)
	require.Equal(t, refusal, <-back, "the next consumer's error is the caller's")
	b.sink.refuse = nil
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "first")))
	b.clock.advance(t, 3*time.Hour, tickInterval)
	b.requireViolations(t)
	require.EqualValues(t, 1, b.spans(t)["evaluated"])
	require.EqualValues(t, 1, b.spans(t)["duplicate"])
}

// A save in place is for a moment an empty file. The rules in use stay, and with them the state of their traces.
func TestAnEmptiedFileIsRefused(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "white space": " \n\n"} {
		t.Run(name, func(t *testing.T) {
			b := startReloadBench(t, ruleA)
			b.write(t, text)
			require.EqualValues(t, 1, b.reloads(t, "refused"))
			require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "first")))
			b.requireViolations(t, "a")
			b.write(t, ruleA)
			require.EqualValues(t, 0, b.reloads(t, "success"), "the rules never left")
		})
	}
	// Beside another file the set is not empty, and still a file has lost its rules.
	folder := t.TempDir()
	write := func(name, text string) {
		replaceFile(t, filepath.Join(folder, name), text)
	}
	write("a.yaml", ruleA)
	write("b.yaml", ruleB)
	write("empty.yaml", "")
	start := func(allowed bool) *bench {
		return startBench(t, func(c *Config) {
			c.Rules.Inline, c.Rules.Files, c.Rules.AllowEmpty = nil, []string{folder}, allowed
		})
	}
	b, lenient := start(false), start(true)
	require.Len(t, b.logs.FilterMessageSnippet("empty.yaml is empty").All(), 1, "empty from the start: said, and taken")
	write("a.yaml", "")
	b.clock.advance(t, reloadInterval, reloadInterval)
	lenient.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 1, b.reloads(t, "refused"))
	require.Len(t, b.logs.FilterMessageSnippet("a.yaml is empty now").All(), 1)
	require.EqualValues(t, 1, lenient.reloads(t, "success"))
	require.EqualValues(t, 1, lenient.sum(t, prefix+"rules_loaded"))
	require.NoError(t, os.Remove(filepath.Join(folder, "a.yaml")))
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 1, b.reloads(t, "success"), "a file that is gone is meant")
}

// A set in which no rule is enabled checks nothing, and that is not taken for success, at start or later.
func TestASetOfNoRulesIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no rules":      "rules: []\n",
		"none enabled":  "rules:\n  - id: a\n    enabled: false\n    condition: never { first }\n",
		"only comments": "# rules come here\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := startReloadBench(t, ruleA)
			b.write(t, text)
			require.EqualValues(t, 1, b.reloads(t, "refused"))
			require.EqualValues(t, 1, b.sum(t, prefix+"rules_loaded"))

			config := createDefaultConfig().(*Config)
			config.Rules.Files = []string{b.path}
			require.ErrorContains(t, config.Rules.Validate(), "no rules: ")
			config.Rules.AllowEmpty = true
			require.NoError(t, config.Rules.Validate())
		})
	}
	path := filepath.Join(t.TempDir(), "rules.yaml")
	replaceFile(t, path, ruleA)
	b := startBench(t, func(c *Config) { c.Rules.Inline, c.Rules.Files, c.Rules.AllowEmpty = nil, []string{path}, true })
	replaceFile(t, path, "rules: []\n")
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 1, b.reloads(t, "success"))
	require.EqualValues(t, 0, b.sum(t, prefix+"rules_loaded"))
}

// Files that are still being written are not believed: what is used is what they settle at.
func TestAFileThatIsBeingWrittenIsWaitedFor(t *testing.T) {
	b := startReloadBench(t, ruleA)
	looks := 0
	texts := []string{"rules:\n  - id: half\n    condition: never { x }\n", ruleA + "  - id: more\n    condition: never { x }\n", ruleB, ruleB}
	b.clock.settles = func() <-chan time.Time {
		replaceFile(t, b.path, texts[looks])
		looks++
		fired := make(chan time.Time, 1)
		fired <- time.Time{}
		return fired
	}
	b.write(t, "")
	require.EqualValues(t, 1, b.reloads(t, "success"))
	require.EqualValues(t, 0, b.reloads(t, "refused"))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "x", "second", "second")))
	b.requireViolations(t, "b")
}

func TestFilesThatNeverSettleAreUnreadable(t *testing.T) {
	b := startReloadBench(t, ruleA)
	n := 0
	b.clock.settles = func() <-chan time.Time {
		n++
		replaceFile(t, b.path, fmt.Sprintf("# %d\n%s", n, ruleB))
		fired := make(chan time.Time, 1)
		fired <- time.Time{}
		return fired
	}
	replaceFile(t, b.path, ruleB)
	b.clock.tick(t, reloadInterval)
	b.clock.tick(t, reloadInterval)
	require.Positive(t, b.reloads(t, "unreadable"))
	require.EqualValues(t, 0, b.reloads(t, "success"))
}

// An alert sees the first failing reload, that it goes on, and that it is mended.
func TestAFailingReloadShowsUntilItIsMended(t *testing.T) {
	b := startReloadBench(t, ruleA)
	shows := func(failing, stale float64) {
		t.Helper()
		require.Equal(t, failing, b.sum(t, prefix+"reload_failing"))
		require.Equal(t, stale, b.sum(t, prefix+"rules_stale_seconds"))
	}
	for _, outcome := range []string{"success", "refused", "unreadable"} {
		require.EqualValues(t, 0, b.reloads(t, outcome), "there from the start")
	}
	shows(0, 0)
	b.write(t, "rules: [")
	shows(1, 0)
	b.clock.advance(t, time.Minute, reloadInterval)
	shows(1, 60)
	require.NoError(t, os.Remove(b.path))
	b.clock.advance(t, time.Minute, reloadInterval)
	shows(1, 120)
	b.write(t, ruleA)
	shows(0, 0)
	require.EqualValues(t, 0, b.reloads(t, "success"), "the rules in use never changed")
	b.write(t, "rules: [")
	require.EqualValues(t, 2, b.reloads(t, "refused"), "the same fault again is a failure again")
	b.write(t, ruleB)
	shows(0, 0)
	require.EqualValues(t, 1, b.reloads(t, "success"))
}

// A set that was refused is not read again while its files stay as they are, once what the file system says of them can be
// believed; one that is in use is.
func TestARefusedSetIsNotReadAgainUntilItsFilesChange(t *testing.T) {
	b := startReloadBench(t, ruleA)
	reads := &b.running.Load().reload.reads
	// How often the files are read from before a change until at least one look after it is over: the look before may still be
	// under way when the change is made.
	readsAfter := func(change func()) int64 {
		before := reads.Load()
		change()
		b.clock.advance(t, reloadInterval, reloadInterval)
		return reads.Load() - before
	}
	none := func() {}
	require.Positive(t, readsAfter(none), "files in use are compared by what they hold")
	b.write(t, "rules: [")
	require.EqualValues(t, 1, b.reloads(t, "refused"))
	require.Positive(t, readsAfter(none), "the file is too young to be believed")
	readsAfter(func() { b.clock.set.Store(time.Now().Add(time.Hour).UnixNano() - int64(b.clock.now())) })
	require.Zero(t, readsAfter(none))
	require.Zero(t, readsAfter(none))
	require.Positive(t, readsAfter(func() { replaceFile(t, b.path, "rules: [") }), "it is another file")
	require.Zero(t, readsAfter(none))
	b.write(t, ruleB)
	require.EqualValues(t, 1, b.reloads(t, "success"))
	require.EqualValues(t, 1, b.reloads(t, "refused"))
}

func TestNothingIsWatchedWhereReloadIsOff(t *testing.T) {
	b := startBench(t, func(c *Config) {
		c.Rules.Inline, c.Rules.Files, c.Rules.ReloadInterval = nil, []string{"testdata/rules"}, 0
	})
	b.tick(t, time.Second)
	require.Len(t, b.clock.tickers, 1)
}
