package betraceprocessor

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace"
)

const (
	// sendLimit is how many violations go out in one call.
	sendLimit = 256
	// sendAttempts and firstRetry bound how long one batch of violations is tried: 0.1 + 0.2 + 0.4 + 0.8 seconds.
	sendAttempts = 5
	firstRetry   = 100 * time.Millisecond
	// flushLimit bounds the last sending at shutdown where the caller sets no earlier deadline.
	flushLimit = 5 * time.Second
)

// violationSource is the engine, as far as the sender sees it.
type violationSource interface {
	TakeViolations(limit int) (message []byte, count int, err error)
}

// sender takes violations from the engine's bounded queue and sends them to the next consumer in
// calls of their own, at most so many a second. Only one goroutine at a time may call run or flush.
type sender struct {
	source violationSource
	next   consumer.Traces
	emit   bool
	clock  clock
	log    *zap.Logger
	woken  chan struct{}

	// held is a message whose sending a stop interrupted; flush sends it.
	held      []byte
	heldCount int

	perSecond float64
	allowance float64
	refilled  uint64

	lostRefused  atomic.Int64
	lostShutdown atomic.Int64
}

func newSender(source violationSource, next consumer.Traces, config Violations, clock clock, log *zap.Logger) *sender {
	return &sender{
		source: source, next: next, emit: config.Emit == "spans", clock: clock, log: log,
		woken:     make(chan struct{}, 1),
		perSecond: float64(config.MaxPerSecond), allowance: float64(config.MaxPerSecond), refilled: clock.now(),
	}
}

// wake says that there may be violations. It never blocks.
func (s *sender) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// run sends until stop is closed. What the allowance of a second forbids waits in the engine's queue
// for a later wake, which comes with every tick.
func (s *sender) run(stop <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		select {
		case <-stop:
			return
		case <-s.woken:
			s.drain(ctx)
		}
	}
}

// drain sends all that there is and that the allowance permits.
func (s *sender) drain(ctx context.Context) {
	for ctx.Err() == nil {
		message, count := s.take(s.allowed())
		if count == 0 {
			return
		}
		s.allowance -= float64(count)
		s.send(ctx, message, count)
	}
}

// allowed is how many violations may be sent now.
func (s *sender) allowed() int {
	now := s.clock.now()
	if now > s.refilled {
		s.allowance = min(s.perSecond, s.allowance+s.perSecond*float64(now-s.refilled)/float64(time.Second))
		s.refilled = now
	}
	return int(s.allowance)
}

func (s *sender) take(limit int) ([]byte, int) {
	if !s.emit {
		// Nobody wants them, so there is nothing to spare either; they must not fill the queue.
		for {
			if _, count, err := s.source.TakeViolations(sendLimit); err != nil || count == 0 {
				return nil, 0
			}
		}
	}
	limit = min(limit, sendLimit)
	if limit <= 0 {
		return nil, 0
	}
	message, count, err := s.source.TakeViolations(limit)
	if err != nil {
		return nil, 0
	}
	return message, count
}

// send tries a few times and counts as lost what is refused for good. The spans are decoded anew for
// each attempt, because a consumer may have changed or kept those of the attempt that it refused.
func (s *sender) send(ctx context.Context, message []byte, count int) {
	wait := firstRetry
	for attempt := 1; ; attempt++ {
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
		if err == nil {
			call, done := outlasting(ctx, flushLimit)
			err = s.next.ConsumeTraces(call, traces)
			done()
			if err == nil {
				return
			}
		}
		if ctx.Err() == nil && (attempt == sendAttempts || consumererror.IsPermanent(err)) {
			s.lostRefused.Add(int64(count))
			s.log.Warn("violations were refused by the next consumer and are lost", zap.Int("violations", count), zap.Error(err))
			return
		}
		select {
		case <-ctx.Done():
			s.held, s.heldCount = message, count
			return
		case <-s.clock.after(wait):
		}
		wait *= 2
	}
}

// outlasting is a context that ends only so long after ctx: a call that is under way when the processor stops
// comes to its end, because one that was cut off may have been delivered, and would be again.
func outlasting(ctx context.Context, grace time.Duration) (context.Context, func()) {
	call, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, func() {
		select {
		case <-call.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return call, func() {
		release()
		cancel()
	}
}

// flush sends all that is left, whatever the allowance, until ctx ends or flushLimit is over; what
// remains is counted as lost.
func (s *sender) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	for {
		message, count := s.held, s.heldCount
		s.held, s.heldCount = nil, 0
		if count == 0 {
			message, count = s.take(sendLimit)
		}
		if count == 0 {
			return
		}
		if ctx.Err() != nil {
			s.lostShutdown.Add(int64(count))
			continue
		}
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
		if err == nil {
			err = s.next.ConsumeTraces(ctx, traces)
		}
		if err != nil {
			s.lostShutdown.Add(int64(count))
			s.log.Warn("violations could not be sent at the shutdown and are lost", zap.Int("violations", count), zap.Error(err))
		}
	}
}

var _ violationSource = (*betrace.Engine)(nil)
