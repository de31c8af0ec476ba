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

// heap is a source of so many violations, each an empty span, the first ones of these severities.
type heap struct {
	left   int
	levels []string
}

func (h *heap) TakeViolations(limit int) ([]byte, int, error) {
	count := min(limit, h.left)
	h.left -= count
	if count == 0 {
		return nil, 0, nil
	}
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for range count {
		span := spans.AppendEmpty()
		if len(h.levels) > 0 {
			span.Attributes().PutStr(severityKey, h.levels[0])
			h.levels = h.levels[1:]
		}
	}
	message, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	return message, count, err
}

// counter is a consumer that counts spans, and refuses its first calls.
type counter struct {
	spans, calls, refusals int
	refusal                error
	levels                 []string
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
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				if level, ok := span.Attributes().Get(severityKey); ok {
					c.levels = append(c.levels, level.Str())
				}
			}
		}
	}
	return ctx.Err()
}

// stillClock is turned by hand, and by those who wait: a wait is over at once and took as long as it should.
type stillClock struct {
	time  uint64
	waits []time.Duration
}

func (c *stillClock) now() uint64 { return c.time }

func (c *stillClock) wall() uint64 { return c.time }

func (*stillClock) ticks(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

func (c *stillClock) after(wait time.Duration) <-chan time.Time {
	c.waits = append(c.waits, wait)
	c.time += uint64(wait)
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

// work is what both goroutines of a sender do when they are woken.
func (s *sender) work(ctx context.Context) {
	s.gather()
	s.drain(ctx)
}

func TestTheRateIsBounded(t *testing.T) {
	source, next := &heap{left: 2_500}, &counter{}
	s, clock := newTestSender(source, next, 1_000)
	s.work(context.Background())
	require.Equal(t, 1_000, next.spans)
	s.work(context.Background())
	require.Equal(t, 1_000, next.spans, "the rest waits")
	require.Equal(t, 1_500, s.queue.count())
	clock.time += uint64(500 * time.Millisecond)
	s.work(context.Background())
	require.Equal(t, 1_500, next.spans)
	clock.time += uint64(3 * time.Minute)
	s.work(context.Background())
	require.Equal(t, 2_500, next.spans, "idle minutes allow no burst beyond a second's worth")
	require.EqualValues(t, 2_500, s.delivered.Load())
	require.Zero(t, s.queue.count())
}

func TestARefusalIsRetriedWithWholeData(t *testing.T) {
	source, next := &heap{left: 3}, &counter{refusals: 2, refusal: errors.New("busy")}
	s, clock := newTestSender(source, next, 1_000)
	s.work(context.Background())
	require.Equal(t, 3, next.spans)
	require.Equal(t, []time.Duration{firstRetry, 2 * firstRetry}, clock.waits)
	require.Zero(t, s.losses.refused.Load())
}

// An outage is survived while the queue has room: nothing is lost in twelve seconds of it, nor in nine minutes.
func TestAnOutageLosesNothingWhileTheQueueHasRoom(t *testing.T) {
	for _, outage := range []time.Duration{12 * time.Second, 9 * time.Minute} {
		source := &heap{left: 2_000}
		next := &outageConsumer{}
		s, clock := newTestSender(source, next, 100_000)
		next.clock, next.until = clock, clock.time+uint64(outage)
		s.work(context.Background())
		require.Equal(t, 2_000, next.spans, "after %v", outage)
		require.Zero(t, s.losses.expired.Load()+s.losses.refused.Load()+s.losses.queueFull.Load())
		for i, wait := range clock.waits {
			require.Equal(t, min(firstRetry<<min(i, 20), lastRetry), wait)
		}
	}
}

// outageConsumer refuses until a time.
type outageConsumer struct {
	counter
	clock *stillClock
	until uint64
}

func (c *outageConsumer) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	if c.clock.time < c.until {
		return errors.New("down")
	}
	return c.counter.ConsumeTraces(ctx, traces)
}

func TestWhatIsRefusedForTooLongIsCounted(t *testing.T) {
	source, next := &heap{left: 3}, &counter{refusals: 1 << 30, refusal: errors.New("down")}
	s, clock := newTestSender(source, next, 1_000)
	begun := clock.time
	s.work(context.Background())
	require.EqualValues(t, 3, s.losses.expired.Load())
	require.Zero(t, s.queue.count())
	require.InDelta(t, 10*time.Minute, time.Duration(clock.time-begun), float64(lastRetry))
}

func TestWhatIsRefusedForGoodIsCounted(t *testing.T) {
	source, next := &heap{left: 3}, &counter{refusals: 100, refusal: consumererror.NewPermanent(errors.New("never"))}
	s, _ := newTestSender(source, next, 1_000)
	s.work(context.Background())
	require.EqualValues(t, 3, s.losses.refused.Load())
	require.Equal(t, 1, next.calls, "a permanent refusal is not retried")
	require.Zero(t, s.queue.count())
}

// What is found during an outage and is graver goes out before what waited since before it.
func TestTheGravestGoesOutFirstAfterAnOutage(t *testing.T) {
	source := &heap{left: 600}
	for range 600 {
		source.levels = append(source.levels, "low")
	}
	next := &counter{refusals: 1, refusal: errors.New("busy")}
	s, clock := newTestSender(source, next, 1_000)
	s.clock = pausing{clock, func() {
		source.left, source.levels = 1, []string{"critical"}
		s.gather()
	}}
	s.work(context.Background())
	require.Equal(t, 601, next.spans)
	require.Equal(t, "critical", next.levels[0])
}

// pausing does something in the first pause.
type pausing struct {
	*stillClock
	do func()
}

func (c pausing) after(wait time.Duration) <-chan time.Time {
	if len(c.waits) == 0 {
		c.do()
	}
	return c.stillClock.after(wait)
}

func TestAFullQueueLosesTheLeastSevereAndSaysSo(t *testing.T) {
	source := &heap{left: 4, levels: []string{"low", "critical", "low", "high"}}
	s, _ := newTestSender(source, &counter{}, 1_000)
	size := violation{span: make([]byte, 40)}
	s.queue.limit = 3 * size.size()
	s.gather()
	require.Positive(t, s.losses.queueFull.Load())
	left := s.queue.all()
	require.Equal(t, severityCritical, left[0].severity)
	require.Equal(t, severityHigh, left[1].severity)
}

func TestEmitNoneKeepsTheQueueEmpty(t *testing.T) {
	source, next := &heap{left: 5_000}, &counter{}
	s, _ := newTestSender(source, next, 1)
	s.emit = false
	s.work(context.Background())
	require.Zero(t, source.left)
	require.Zero(t, s.queue.count())
	require.Zero(t, next.calls)
}

func TestFlushIgnoresTheRateAndEndsInTime(t *testing.T) {
	source, next := &heap{left: 2_000}, &counter{}
	s, _ := newTestSender(source, next, 1)
	require.NoError(t, s.flush(context.Background()))
	require.Equal(t, 2_000, next.spans)

	source, next = &heap{left: 2_000}, &counter{}
	s, _ = newTestSender(source, next, 1)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.flush(over)
	require.ErrorIs(t, err, errNoTime)
	require.Zero(t, next.calls)
	s.leave(err)
	require.EqualValues(t, 2_000, s.losses.shutdown.Load())
}

// A stop in the middle of a pause loses nothing: the flush has the last word.
func TestAnInterruptedSendingIsFlushed(t *testing.T) {
	source, next := &heap{left: 3}, &counter{refusals: 1, refusal: errors.New("busy")}
	s, clock := newTestSender(source, next, 1_000)
	never := neverClock{stillClock: clock, asked: make(chan time.Duration, 1)}
	s.clock = never
	s.gather()
	signal(s.filled)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		s.run(stop)
		close(done)
	}()
	require.Equal(t, firstRetry, <-never.asked, "it was refused and pauses")
	close(stop)
	<-done
	require.Equal(t, 3, s.queue.count())
	require.NoError(t, s.flush(context.Background()))
	require.Equal(t, 3, next.spans)
	require.Zero(t, s.queue.count())
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
	s, clock := newTestSender(source, next, 1_000)
	never := neverClock{stillClock: clock, asked: make(chan time.Duration, 1)}
	s.clock = never
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		s.work(ctx)
		close(done)
	}()
	<-next.begun
	stop()
	require.Equal(t, flushLimit, <-never.asked, "it is given its time")
	require.Equal(t, 3, s.queue.count(), "until it is over they are not delivered")
	close(next.released)
	<-done
	require.Zero(t, s.queue.count())
	require.NoError(t, s.flush(context.Background()))
	require.Equal(t, 3, next.spans)
}

// neverClock waits for ever, and tells who waits.
type neverClock struct {
	*stillClock
	asked chan time.Duration
}

func (c neverClock) after(wait time.Duration) <-chan time.Time {
	c.asked <- wait
	return nil
}
