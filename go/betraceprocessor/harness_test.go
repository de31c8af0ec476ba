//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/betracehq/betrace/go/betrace"
	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadatatest"
)

// epoch is when all tests begin.
const epoch = uint64(1_700_000_000_000_000_000)

// manualClock stands still until a test turns it.
type manualClock struct {
	time atomic.Uint64
	// set is how far the machine's clock was set, in nanoseconds.
	set     atomic.Int64
	mu      sync.Mutex
	tickers []manualTicker
	timers  []manualTimer
	// settles answers a reloader that waits for files to settle: nil lets it go on at once.
	settles func() <-chan time.Time
}

type manualTicker struct {
	every   time.Duration
	ticks   chan time.Time
	stopped chan struct{}
}

type manualTimer struct {
	due   uint64
	wait  time.Duration
	fired chan time.Time
}

func newManualClock() *manualClock {
	c := &manualClock{}
	c.time.Store(epoch)
	return c
}

func (c *manualClock) now() uint64 { return c.time.Load() }

func (c *manualClock) wall() uint64 { return uint64(int64(c.now()) + c.set.Load()) }

func (c *manualClock) ticks(every time.Duration) (<-chan time.Time, func()) {
	ticker := manualTicker{every: every, ticks: make(chan time.Time), stopped: make(chan struct{})}
	c.mu.Lock()
	c.tickers = append(c.tickers, ticker)
	c.mu.Unlock()
	return ticker.ticks, func() { close(ticker.stopped) }
}

func (c *manualClock) after(wait time.Duration) <-chan time.Time {
	fired := make(chan time.Time, 1)
	if wait == settleTime {
		if c.settles != nil {
			return c.settles()
		}
		fired <- time.Time{}
		return fired
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers = append(c.timers, manualTimer{due: c.now() + uint64(wait), wait: wait, fired: fired})
	return fired
}

// turn moves the time on and fires the timers that are due.
func (c *manualClock) turn(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.time.Add(uint64(by))
	c.timers = slices.DeleteFunc(c.timers, func(timer manualTimer) bool {
		if timer.due <= now {
			timer.fired <- time.Time{}
		}
		return timer.due <= now
	})
}

// waiting waits until somebody waits for so long.
func (c *manualClock) waiting(t *testing.T, wait time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.ContainsFunc(c.timers, func(timer manualTimer) bool { return timer.wait == wait })
	}, 5*time.Second, time.Millisecond)
}

// advance turns the clock and lets every ticker of this interval tick until what the first tick
// asked for is done.
func (c *manualClock) advance(t *testing.T, by, interval time.Duration) {
	t.Helper()
	c.turn(by)
	for range 2 {
		// A second tick is taken only once the first one's work is over.
		c.tick(t, interval)
	}
}

// ticking waits until so many tickers of this interval are there.
func (c *manualClock) ticking(t *testing.T, interval time.Duration, count int) {
	t.Helper()
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		found := 0
		for _, ticker := range c.tickers {
			if ticker.every == interval {
				found++
			}
		}
		return found == count
	}, 5*time.Second, time.Millisecond)
}

// tick lets every ticker of this interval tick once, when it is ready.
func (c *manualClock) tick(t *testing.T, interval time.Duration) {
	t.Helper()
	var tickers []manualTicker
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		tickers = nil
		for _, ticker := range c.tickers {
			if ticker.every == interval {
				tickers = append(tickers, ticker)
			}
		}
		return len(tickers) > 0
	}, 5*time.Second, time.Millisecond)
	for _, ticker := range tickers {
		select {
		case ticker.ticks <- time.Time{}:
		case <-ticker.stopped:
		}
	}
}

// sink keeps what it gets, apart: the traffic, and BeTrace's violations.
type sink struct {
	mu         sync.Mutex
	batches    []ptrace.Traces
	violations []ptrace.Span
	calls      int
	// refuse, where set, answers a call instead.
	refuse func(ptrace.Traces) error
	// hold, where set, is waited for before a batch of traffic is taken, as a dead backend has it waited for.
	hold chan struct{}
}

func (*sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *sink) ConsumeTraces(_ context.Context, traces ptrace.Traces) error {
	if s.hold != nil && !isViolations(traces) {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.refuse != nil {
		if err := s.refuse(traces); err != nil {
			return err
		}
	}
	if !isViolations(traces) {
		s.batches = append(s.batches, traces)
		return nil
	}
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				s.violations = append(s.violations, span)
			}
		}
	}
	return nil
}

func isViolations(traces ptrace.Traces) bool {
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			if scope.Scope().Name() == "betrace" {
				return true
			}
		}
	}
	return false
}

func (s *sink) violated() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rules []string
	for _, span := range s.violations {
		rule, _ := span.Attributes().Get("betrace.rule.id")
		rules = append(rules, rule.Str())
	}
	return rules
}

// bench is a started processor with everything around it.
type bench struct {
	*betraceProcessor
	clock     *manualClock
	sink      *sink
	telemetry *componenttest.Telemetry
	logs      *observer.ObservedLogs
	stopped   bool
}

func inlineRules(conditions ...string) []map[string]any {
	var rules []map[string]any
	for i, condition := range conditions {
		rules = append(rules, map[string]any{"id": fmt.Sprintf("rule-%d", i), "condition": condition, "severity": "high"})
	}
	return rules
}

func startBench(t *testing.T, change func(*Config), conditions ...string) *bench {
	t.Helper()
	return startBenchOn(t, componenttest.NewNopHost(), change, conditions...)
}

func startBenchOn(t *testing.T, host component.Host, change func(*Config), conditions ...string) *bench {
	t.Helper()
	return startBenchWith(t, newShared(verdictSeries), host, change, conditions...)
}

// startBenchWith starts one of several processors that have something together.
func startBenchWith(t *testing.T, with *shared, host component.Host, change func(*Config), conditions ...string) *bench {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = inlineRules(conditions...)
	if change != nil {
		change(config)
	}
	b := &bench{clock: newManualClock(), sink: &sink{}, telemetry: componenttest.NewTelemetry()}
	set := metadatatest.NewSettings(b.telemetry)
	core, logs := observer.New(zap.InfoLevel)
	set.Logger = zap.New(core)
	b.logs = logs
	made := newProcessor(set, config, b.sink, b.clock, with)
	b.betraceProcessor = made
	require.NoError(t, made.Start(context.Background(), host))
	if config.Evidence.Every > 0 {
		b.clock.ticking(t, tickInterval, 2)
	}
	t.Cleanup(func() {
		b.shutdown(t)
		require.NoError(t, b.telemetry.Shutdown(context.Background()))
	})
	return b
}

func (b *bench) shutdown(t *testing.T) {
	t.Helper()
	if !b.stopped {
		b.stopped = true
		require.NoError(t, b.Shutdown(context.Background()))
	}
}

// tick turns the clock by this much and lets what is due happen.
func (b *bench) tick(t *testing.T, by time.Duration) {
	t.Helper()
	b.clock.advance(t, by, tickInterval)
}

// stats are the engine's counters once all that was accepted is judged.
func (b *bench) stats() (betrace.Stats, error) {
	r := b.running.Load()
	r.backlog.settle()
	return r.engine.Stats()
}

func (b *bench) requireViolations(t *testing.T, rules ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(b.sink.violated()) >= len(rules) }, 5*time.Second, time.Millisecond, "%v", b.sink.violated())
	require.ElementsMatch(t, rules, b.sink.violated())
}

func traceID(n int) pcommon.TraceID {
	return pcommon.TraceID{1, 2, 3, byte(n >> 16), byte(n >> 8), byte(n), 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
}

func spanID(n int) pcommon.SpanID {
	return pcommon.SpanID{1, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 6, 7, 8}
}

// spansNamed is one trace: a root named first, the others below it.
func spansNamed(trace int, names ...string) ptrace.Traces {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "shop")
	resource.Resource().Attributes().PutStr("host.name", "node-1")
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName("test")
	for i, name := range names {
		span := scope.Spans().AppendEmpty()
		span.SetTraceID(traceID(trace))
		span.SetSpanID(spanID(i + 1))
		if i > 0 {
			span.SetParentSpanID(spanID(1))
		}
		span.SetName(name)
		span.SetStartTimestamp(pcommon.Timestamp(epoch + uint64(i)))
		span.SetEndTimestamp(pcommon.Timestamp(epoch + uint64(i) + uint64(time.Millisecond)))
		span.Attributes().PutInt("amount", int64(100*i))
		span.Attributes().PutStr("note", "unread")
	}
	return traces
}

func bytesOf(t *testing.T, traces ptrace.Traces) []byte {
	t.Helper()
	bytes, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	require.NoError(t, err)
	return bytes
}
