package betraceprocessor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
)

// heap is a source of so many violations, each an empty span.
type heap struct{ left int }

func (h *heap) TakeViolations(limit int) ([]byte, int, error) {
	count := min(limit, h.left)
	h.left -= count
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for range count {
		spans.AppendEmpty()
	}
	message, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	return message, count, err
}

// counter is a consumer that counts spans, and refuses its first calls.
type counter struct {
	spans, calls, refusals int
	refusal                error
}

func (*counter) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (c *counter) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	c.calls++
	if c.calls <= c.refusals {
		// As a consumer may that refuses after it has begun.
		traces.ResourceSpans().RemoveIf(func(ptrace.ResourceSpans) bool { return true })
		return c.refusal
	}
	c.spans += traces.SpanCount()
	return ctx.Err()
}

// stillClock is turned by hand; its waits are over at once.
type stillClock struct {
	time  uint64
	waits []time.Duration
}

func (c *stillClock) now() uint64 { return c.time }

func (*stillClock) ticks(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

func (c *stillClock) after(wait time.Duration) <-chan time.Time {
	c.waits = append(c.waits, wait)
	fired := make(chan time.Time, 1)
	fired <- time.Time{}
	return fired
}

func newTestSender(source violationSource, next consumer.Traces, perSecond int) (*sender, *stillClock) {
	clock := &stillClock{time: 1}
	config := NewDefaultViolations()
	config.MaxPerSecond = perSecond
	return newSender(source, next, config, clock, zap.NewNop()), clock
}

func TestTheRateIsBounded(t *testing.T) {
	source, next := &heap{left: 2_500}, &counter{}
	s, clock := newTestSender(source, next, 1_000)
	s.drain(context.Background())
	require.Equal(t, 1_000, next.spans)
	s.drain(context.Background())
	require.Equal(t, 1_000, next.spans, "the rest waits")
	clock.time += uint64(500 * time.Millisecond)
	s.drain(context.Background())
	require.Equal(t, 1_500, next.spans)
	clock.time += uint64(time.Hour)
	s.drain(context.Background())
	require.Equal(t, 2_500, next.spans, "an idle hour allows no burst beyond a second's worth")
	require.Equal(t, 0, source.left)
}

func TestARefusalIsRetriedWithWholeData(t *testing.T) {
	source, next := &heap{left: 3}, &counter{refusals: 2, refusal: errors.New("busy")}
	s, clock := newTestSender(source, next, 1_000)
	s.drain(context.Background())
	require.Equal(t, 3, next.spans)
	require.Equal(t, []time.Duration{firstRetry, 2 * firstRetry}, clock.waits)
	require.Zero(t, s.lostRefused.Load())
}

func TestWhatIsRefusedForGoodIsCounted(t *testing.T) {
	source, next := &heap{left: 3}, &counter{refusals: 100, refusal: errors.New("down")}
	s, _ := newTestSender(source, next, 1_000)
	s.drain(context.Background())
	require.EqualValues(t, 3, s.lostRefused.Load())
	require.Equal(t, sendAttempts, next.calls)

	source, next = &heap{left: 3}, &counter{refusals: 100, refusal: consumererror.NewPermanent(errors.New("never"))}
	s, _ = newTestSender(source, next, 1_000)
	s.drain(context.Background())
	require.EqualValues(t, 3, s.lostRefused.Load())
	require.Equal(t, 1, next.calls, "a permanent refusal is not retried")
}

func TestEmitNoneKeepsTheQueueEmpty(t *testing.T) {
	source, next := &heap{left: 5_000}, &counter{}
	s, _ := newTestSender(source, next, 1)
	s.emit = false
	s.drain(context.Background())
	require.Zero(t, source.left)
	require.Zero(t, next.calls)
	require.Zero(t, s.lostRefused.Load())
}

func TestFlushIgnoresTheRateAndEndsInTime(t *testing.T) {
	source, next := &heap{left: 2_000}, &counter{}
	s, _ := newTestSender(source, next, 1)
	s.flush(context.Background())
	require.Equal(t, 2_000, next.spans)

	source, next = &heap{left: 2_000}, &counter{}
	s, _ = newTestSender(source, next, 1)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	s.flush(over)
	require.Zero(t, next.calls)
	require.EqualValues(t, 2_000, s.lostShutdown.Load())
}

// A stop in the middle of the attempts loses nothing: the flush has the last word.
func TestAnInterruptedSendingIsFlushed(t *testing.T) {
	source, next := &heap{left: 3}, &counter{refusals: 1, refusal: errors.New("busy")}
	s, _ := newTestSender(source, next, 1_000)
	s.clock = &neverClock{}
	stop := make(chan struct{})
	done := make(chan struct{})
	s.wake()
	go func() {
		s.run(stop)
		close(done)
	}()
	require.Eventually(t, func() bool { return len(s.woken) == 0 }, 5*time.Second, time.Millisecond)
	time.Sleep(10 * time.Millisecond)
	close(stop)
	<-done
	require.Equal(t, 3, s.heldCount+source.left)
	s.flush(context.Background())
	require.Equal(t, 3, next.spans)
	require.Zero(t, s.lostRefused.Load()+s.lostShutdown.Load())
}

// slow is a consumer that has taken the spans when it is asked, and answers when it is released or cut off.
type slow struct {
	counter
	begun, released chan struct{}
}

func (c *slow) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	c.spans += traces.SpanCount()
	close(c.begun)
	select {
	case <-c.released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A stop does not cut off a call under way, so that what it delivered is not sent again.
func TestACallUnderWayIsNotRepeated(t *testing.T) {
	source := &heap{left: 3}
	next := &slow{begun: make(chan struct{}), released: make(chan struct{})}
	s, _ := newTestSender(source, next, 1_000)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		s.drain(ctx)
		close(done)
	}()
	<-next.begun
	stop()
	select {
	case <-done:
		t.Error("the call was cut off")
	case <-time.After(50 * time.Millisecond):
	}
	close(next.released)
	<-done
	require.Zero(t, s.heldCount)
	s.flush(context.Background())
	require.Equal(t, 3, next.spans)
}

// neverClock waits for ever.
type neverClock struct{ stillClock }

func (*neverClock) now() uint64 { return 1 }

func (*neverClock) after(time.Duration) <-chan time.Time { return nil }
