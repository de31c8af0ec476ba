//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// memoryStorage is a storage extension that keeps one client's entries for as long as the test lasts.
type memoryStorage struct {
	component.StartFunc
	component.ShutdownFunc
	storage.Client
	mu      sync.Mutex
	entries map[string][]byte
	// broken and unreadable are what writing and reading answer.
	broken, unreadable error
}

func newMemoryStorage() *memoryStorage { return &memoryStorage{entries: map[string][]byte{}} }

func (m *memoryStorage) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return m, nil
}

func (m *memoryStorage) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[key], m.unreadable
}

func (m *memoryStorage) Set(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken == nil {
		m.entries[key] = value
	}
	return m.broken
}

func (m *memoryStorage) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
	return nil
}

func (*memoryStorage) Close(context.Context) error { return nil }

type storageHost struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h *storageHost) GetExtensions() map[component.ID]component.Component { return h.extensions }

var storageID = component.MustNewIDWithName("file_storage", "betrace")

func hostWith(extension component.Component) component.Host {
	return &storageHost{Host: componenttest.NewNopHost(), extensions: map[component.ID]component.Component{storageID: extension}}
}

// withStorage stores the state of traces at the shutdown alone.
func withStorage(c *Config) { c.Storage, c.StorageInterval = &storageID, 0 }

// withInterval stores it while the processor runs, too.
func withInterval(c *Config) { c.Storage, c.StorageInterval = &storageID, 30*time.Second }

const checked = "when { payment.charge } always { payment.fraud_check }"

func TestStateSurvivesARestart(t *testing.T) {
	memory := newMemoryStorage()
	before := startBenchOn(t, hostWith(memory), withStorage, checked, never)
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(1, "checkout", "payment.charge")))
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(2, "checkout", "payment.charge")))
	before.shutdown(t)
	before.requireViolations(t)
	require.Len(t, memory.state(), 1)

	after := startBenchOn(t, hostWith(memory), withStorage, checked, never)
	require.Empty(t, memory.state(), "a state is believed once")
	require.NoError(t, after.ConsumeTraces(context.Background(), spansNamed(2, "checkout", "payment.charge", "payment.fraud_check")))
	after.tick(t, time.Minute)
	after.requireViolations(t, "rule-0")
	require.Equal(t, traceID(1), after.sink.violations[0].TraceID())
	require.EqualValues(t, 1, after.sum(t, prefix+"verdicts", label("rule", "rule-0"), label("verdict", "satisfied")))
}

// What a crash leaves behind is the storage as it was at the last interval: what traces had seen until then still counts for what is
// broken by presence, and nothing that rests on absence is said of them.
func TestStateSurvivesACrash(t *testing.T) {
	rules := []string{checked, "when { payment.charge } never { payment.bypass_validation }"}
	memory := newMemoryStorage()
	before := startBenchOn(t, hostWith(memory), withInterval, rules...)
	before.keepWorkersAsleep()
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(1, "checkout", "payment.charge")))
	before.clock.advance(t, time.Second, 30*time.Second)
	require.GreaterOrEqual(t, before.stored(t, "traces", "stored"), 2.0)
	crashed := newMemoryStorage()
	crashed.entries = memory.state()
	require.Contains(t, crashed.entries, storedTraces.key())

	after := startBenchOn(t, hostWith(crashed), withInterval, rules...)
	require.EqualValues(t, 1, after.stored(t, "traces", "restored"))
	rest := spansNamed(1, "checkout", "payment.charge", "payment.bypass_validation")
	rest.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(span ptrace.Span) bool { return span.Name() != "payment.bypass_validation" })
	require.NoError(t, after.ConsumeTraces(context.Background(), rest))
	after.requireViolations(t, "rule-1")
	after.tick(t, time.Minute)
	after.requireViolations(t, "rule-1")
	require.EqualValues(t, 1, after.sum(t, prefix+"verdicts", label("rule", "rule-0"), label("reason", "restart")))
}

// A state that was whole at a shutdown is so only until spans come again: a crash after the next start finds another in its place.
func TestAStateThatWasWholeIsBelievedOnce(t *testing.T) {
	memory := newMemoryStorage()
	before := startBenchOn(t, hostWith(memory), withInterval, checked)
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(1, "checkout", "payment.charge")))
	before.shutdown(t)
	after := startBenchOn(t, hostWith(memory), withInterval, checked)
	require.Eventually(t, func() bool { return after.stored(t, "traces", "stored") == 1 }, 5*time.Second, time.Millisecond)
	crashed := newMemoryStorage()
	crashed.entries = memory.state()

	again := startBenchOn(t, hostWith(crashed), withInterval, checked)
	again.tick(t, time.Minute)
	again.requireViolations(t)
	require.EqualValues(t, 1, again.sum(t, prefix+"verdicts", label("rule", "rule-0"), label("reason", "restart")))
}

// An interval in which the storage fails is said once, and the next one that works is as any other.
func TestAStorageThatFailsWhileTheProcessorRunsIsSaidOnce(t *testing.T) {
	memory := newMemoryStorage()
	b := startBenchOn(t, hostWith(memory), withInterval, checked)
	require.Eventually(t, func() bool { return b.stored(t, "traces", "stored") == 1 }, 5*time.Second, time.Millisecond)
	fail := func(err error) {
		memory.mu.Lock()
		defer memory.mu.Unlock()
		memory.broken = err
	}
	fail(errors.New("no space left"))
	for range 3 {
		b.clock.advance(t, time.Second, 30*time.Second)
	}
	said := b.logs.FilterMessageSnippet("the state of traces is not stored")
	require.Len(t, said.All(), 1)
	require.GreaterOrEqual(t, b.stored(t, "traces", "failed"), 3.0)
	fail(nil)
	b.clock.advance(t, time.Second, 30*time.Second)
	require.GreaterOrEqual(t, b.stored(t, "traces", "stored"), 2.0)
}

// What is refused is put aside where somebody can look at it, and counted; and the processor works.
func TestADamagedStateIsSetAside(t *testing.T) {
	const damaged = "BTSS and nothing that makes sense behind it"
	memory := newMemoryStorage()
	memory.entries[storedTraces.key()] = []byte(damaged)
	memory.entries[storedViolations.key()] = []byte(damaged)
	b := startBenchOn(t, hostWith(memory), withStorage, never)
	require.Len(t, b.logs.FilterMessageSnippet("set aside").All(), 2)
	require.Equal(t, map[string][]byte{
		"snapshot.refused": []byte(damaged), "violations.refused": []byte(damaged),
	}, memory.state())
	require.EqualValues(t, 1, b.stored(t, "traces", "refused"))
	require.EqualValues(t, 1, b.stored(t, "violations", "refused"))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	b.requireViolations(t, "rule-0")
	b.shutdown(t)
	require.Equal(t, damaged, string(memory.entries["snapshot.refused"]), "it is kept beyond the next shutdown")
	startBenchOn(t, hostWith(memory), withStorage, never)
	require.Equal(t, damaged, string(memory.entries["snapshot.refused"]))
}

func (b *bench) stored(t *testing.T, part, outcome string) float64 {
	t.Helper()
	return b.sum(t, prefix+"stored_state", label("part", part), label("outcome", outcome))
}

func TestWhatMayBecomeOfStoredStateIsThereFromTheStart(t *testing.T) {
	b := startBench(t, nil, never)
	metric, err := b.telemetry.GetMetric(prefix + "stored_state")
	require.NoError(t, err)
	points := metric.Data.(metricdata.Sum[int64]).DataPoints
	require.Len(t, points, 2*5, "each outcome of traces and of violations")
	for _, point := range points {
		require.Zero(t, point.Value, point.Attributes)
	}
}

func TestAStorageThatCannotBeReadIsCounted(t *testing.T) {
	memory := newMemoryStorage()
	memory.unreadable = errors.New("bad sector")
	b := startBenchOn(t, hostWith(memory), withStorage, never)
	require.EqualValues(t, 1, b.stored(t, "traces", "unreadable"))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	b.requireViolations(t, "rule-0")
}

// Violations that nobody took before the stop go out after the start, the same ones.
func TestViolationsThatWaitSurviveARestart(t *testing.T) {
	memory := newMemoryStorage()
	before := startBenchOn(t, hostWith(memory), withStorage, never)
	before.sink.refuse = func(traces ptrace.Traces) error {
		if isViolations(traces) {
			return errors.New("down")
		}
		return nil
	}
	for i := range 3 {
		require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(i, "payment.bypass_validation")))
	}
	before.clock.waiting(t, firstRetry)
	require.Eventually(t, func() bool { return before.sum(t, prefix+"violations_waiting") == 3 }, 5*time.Second, time.Millisecond)
	before.shutdown(t)
	require.Empty(t, before.sink.violated())
	require.NotEmpty(t, memory.entries[storedViolations.key()])

	after := startBenchOn(t, hostWith(memory), withStorage, never)
	after.requireViolations(t, "rule-0", "rule-0", "rule-0")
	require.EqualValues(t, 1, after.stored(t, "violations", "restored"))
	require.Eventually(t, func() bool { return !memory.has(storedViolations) }, 5*time.Second, time.Millisecond)
	ids := map[string]bool{}
	for _, span := range after.sink.violations {
		id, _ := span.Attributes().Get("betrace.violation.id")
		ids[id.Str()] = true
	}
	require.Len(t, ids, 3)
}

// state is what is stored but the key of marks, which is there from the first start on.
func (m *memoryStorage) state() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	state := maps.Clone(m.entries)
	delete(state, storedMarkKey.key())
	return state
}

func (m *memoryStorage) has(part storedPart) bool {
	content, _ := m.Get(context.Background(), part.key())
	return len(content) > 0
}

// A crash in the middle of an outage loses no violation that had waited for a while: what waits is stored while calls
// fail, and stays so until it is delivered, over any number of crashes.
func TestViolationsThatWaitSurviveACrash(t *testing.T) {
	memory := newMemoryStorage()
	down := func(traces ptrace.Traces) error {
		if isViolations(traces) {
			return errors.New("down")
		}
		return nil
	}
	before := startBenchOn(t, hostWith(memory), withStorage, never)
	before.sink.refuse = down
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	require.Eventually(t, func() bool { return memory.has(storedViolations) }, 5*time.Second, time.Millisecond)
	for range 2 {
		// What a crash leaves behind is the storage as it is now.
		crashed := newMemoryStorage()
		content, err := memory.Get(context.Background(), storedViolations.key())
		require.NoError(t, err)
		crashed.entries[storedViolations.key()] = content
		memory = crashed
		after := startBenchOn(t, hostWith(memory), func(c *Config) {
			withStorage(c)
			c.Violations.MaxPerSecond = 1
		}, never)
		after.requireViolations(t, "rule-0")
		require.Eventually(t, func() bool { return !memory.has(storedViolations) }, 5*time.Second, time.Millisecond)
		require.NoError(t, memory.Set(context.Background(), storedViolations.key(), content))
	}
}

func TestWhatWaitsIsStoredOnlyEverySoOften(t *testing.T) {
	source := &heap{left: 3}
	s, clock := newTestSender(source, &counter{refusals: 8, refusal: errors.New("busy")}, 1_000)
	var kept []int
	var at []uint64
	s.keep = func(_ context.Context, violations []violation) {
		kept = append(kept, len(violations))
		at = append(at, clock.time)
	}
	s.work(context.Background())
	// The pauses before the eight refusals add up to 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3 and 12.7 seconds.
	require.Equal(t, []int{3, 3, 0}, kept)
	require.Equal(t, 12_700*time.Millisecond, time.Duration(at[1]-at[0]))
}

func TestWithoutAStorageWhatWaitsIsLostAndCounted(t *testing.T) {
	b := startBench(t, nil, never)
	b.sink.refuse = func(traces ptrace.Traces) error {
		if isViolations(traces) {
			return errors.New("down")
		}
		return nil
	}
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	b.clock.waiting(t, firstRetry)
	s := b.running.Load().sender
	b.shutdown(t)
	require.EqualValues(t, 1, s.losses.shutdown.Load())
	require.Len(t, b.logs.FilterMessageSnippet("could not be sent at the shutdown").All(), 1)
}

func TestAStorageThatFailsIsSaidAndTracesEnd(t *testing.T) {
	memory := newMemoryStorage()
	b := startBenchOn(t, hostWith(memory), withStorage, checked, never)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.charge", "payment.bypass_validation")))
	memory.broken = errors.New("no space left")
	b.stopped = true
	require.ErrorContains(t, b.Shutdown(context.Background()), "no space left")
	b.requireViolations(t, "rule-1")
}

func TestAStorageThatIsNotThereForbidsTheStart(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = inlineRules(never)
	config.Storage = &storageID
	start := func(host component.Host) error {
		made := newProcessor(processortest.NewNopSettings(NewFactory().Type()), config, &sink{}, newManualClock(), newShared(verdictSeries))
		return made.Start(context.Background(), host)
	}
	require.ErrorContains(t, start(componenttest.NewNopHost()), `no extension "file_storage/betrace"`)
	require.ErrorContains(t, start(hostWith(struct {
		component.StartFunc
		component.ShutdownFunc
	}{})), "does not store")
}
