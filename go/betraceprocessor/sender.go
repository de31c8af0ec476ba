package betraceprocessor

import (
	"context"
	"errors"
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
	// firstRetry and lastRetry bound the pause after a refused call, which doubles from one to the other.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 10 * time.Second
	// flushLimit bounds the last sending at shutdown where the caller sets no earlier deadline.
	flushLimit = 5 * time.Second
	// keepInterval is how often what waits is stored while calls fail.
	keepInterval = 10 * time.Second
	// lossLogInterval is how often the loss of violations is logged; all of it is counted.
	lossLogInterval = time.Minute
)

// violationSource is the engine, as far as the sender sees it.
type violationSource interface {
	TakeViolations(limit int) (message []byte, count int, err error)
}

// sender moves violations from the engine into a queue of its own, and from there to the next consumer, in calls of
// their own, at most so many a second. A call that fails is tried again until the violations are too old. Two
// goroutines do this, collect and run, because the next consumer may hold a call for minutes while the engine goes on
// finding; flush comes after both.
type sender struct {
	source violationSource
	next   consumer.Traces
	emit   bool
	clock  clock
	log    *zap.Logger
	queue  *queue
	// woken asks for a look at the engine, filled for one at the queue.
	woken, filled chan struct{}
	retryFor      time.Duration

	// keep stores what waits, nothing too; nil where there is no storage. keptAt is when it last did, 0 where nothing is
	// stored.
	keep   func(context.Context, []violation)
	keptAt uint64
	// board is where the latest are shown; nil where there is no status page.
	board *statusBoard

	perSecond float64
	allowance float64
	refilled  uint64

	delivered atomic.Int64
	losses    losses
}

// losses are counts of violations that were not delivered, by cause.
type losses struct {
	queueFull, refused, expired, shutdown atomic.Int64
	// loggedAt is when a loss was last logged, in nanoseconds since 1970.
	loggedAt atomic.Uint64
}

func newSender(source violationSource, next consumer.Traces, config Violations, clock clock, log *zap.Logger) *sender {
	return &sender{
		source: source, next: next, emit: config.Emit == "spans", clock: clock, log: log,
		queue: newQueue(queueBytes), retryFor: config.RetryFor,
		woken: make(chan struct{}, 1), filled: make(chan struct{}, 1),
		perSecond: float64(config.MaxPerSecond), allowance: float64(config.MaxPerSecond), refilled: clock.now(),
	}
}

// lossesByCause are the losses so far, by the names that metrics have.
func (s *sender) lossesByCause() map[string]int64 {
	return map[string]int64{
		"queue_full": s.losses.queueFull.Load(),
		"refused":    s.losses.refused.Load(),
		"expired":    s.losses.expired.Load(),
		"shutdown":   s.losses.shutdown.Load(),
	}
}

// wake says that there may be violations. It never blocks.
func (s *sender) wake() { signal(s.woken) }

func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// lost counts violations as lost and says so, though not for each.
func (s *sender) lost(counter *atomic.Int64, count int, why string, err error) {
	if count == 0 {
		return
	}
	counter.Add(int64(count))
	now, last := s.clock.now(), s.losses.loggedAt.Load()
	if last != 0 && now < last+uint64(lossLogInterval) {
		return
	}
	s.losses.loggedAt.Store(now)
	s.log.Warn("violations are lost: "+why+" (further losses within a minute are only counted)", zap.Int("violations", count), zap.Error(err))
}

// collect moves violations out of the engine until stop is closed, whatever the next consumer does.
func (s *sender) collect(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-s.woken:
			s.gather()
			signal(s.filled)
		}
	}
}

// gather empties the engine's queue into ours.
func (s *sender) gather() {
	for {
		message, count, err := s.source.TakeViolations(sendLimit)
		if err != nil || count == 0 {
			// An engine that failed is reported where it is used.
			return
		}
		s.board.found(message, s.clock.now())
		if !s.emit {
			// Nobody wants them; they must not fill the queue.
			continue
		}
		violations, err := splitViolations(message, s.clock.now())
		if err != nil {
			s.lost(&s.losses.refused, count, "they cannot be read", err)
			continue
		}
		dropped := 0
		for _, v := range violations {
			dropped += s.queue.push(v)
		}
		s.lost(&s.losses.queueFull, dropped, "the queue is full", nil)
	}
}

// run sends until stop is closed. What the allowance of a second forbids waits for a later signal, which comes with
// every tick.
func (s *sender) run(stop <-chan struct{}) {
	ctx, cancel := untilStopped(stop)
	defer cancel()
	for {
		select {
		case <-stop:
			return
		case <-s.filled:
			s.drain(ctx)
		}
	}
}

// drain sends all that waits and that the allowance permits. After a call that failed it pauses, longer each time, and
// goes on with what is gravest then.
func (s *sender) drain(ctx context.Context) {
	pause := firstRetry
	for ctx.Err() == nil {
		s.expire()
		violations := s.queue.take(min(s.allowed(), sendLimit))
		if len(violations) == 0 {
			s.keepNothing(ctx)
			return
		}
		err := s.send(ctx, violations)
		if err == nil {
			s.allowance -= float64(len(violations))
			pause = firstRetry
			continue
		}
		if consumererror.IsPermanent(err) {
			s.queue.done()
			s.lost(&s.losses.refused, len(violations), "the next consumer refuses them for good", err)
			continue
		}
		s.queue.putBack()
		s.keepWaiting(ctx)
		select {
		case <-ctx.Done():
			return
		case <-s.clock.after(pause):
		}
		pause = min(2*pause, lastRetry)
	}
}

// keepWaiting stores what waits, so that a crash in the middle of an outage does not lose it. What was sent since goes out
// again then, as the same violations.
func (s *sender) keepWaiting(ctx context.Context) {
	now := s.clock.now()
	if s.keep == nil || (s.keptAt != 0 && now < s.keptAt+uint64(keepInterval)) {
		return
	}
	s.keptAt = now
	s.keep(ctx, s.queue.all())
}

// keepNothing removes what was stored once all of it is settled.
func (s *sender) keepNothing(ctx context.Context) {
	if s.keep != nil && s.keptAt != 0 && s.queue.count() == 0 {
		s.keptAt = 0
		s.keep(ctx, nil)
	}
}

// expire gives up what was tried for too long.
func (s *sender) expire() {
	now, age := s.clock.now(), uint64(s.retryFor)
	if now > age {
		s.lost(&s.losses.expired, s.queue.expire(now-age), "the next consumer has refused them for longer than violations::retry_for", nil)
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

// send makes one call with what was taken from the queue. Delivered, it is done with; else it is still the queue's.
func (s *sender) send(ctx context.Context, violations []violation) error {
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(joinViolations(violations))
	if err != nil {
		return consumererror.NewPermanent(err)
	}
	call, release := s.outlasting(ctx, flushLimit)
	defer release()
	if err := s.next.ConsumeTraces(call, traces); err != nil {
		return err
	}
	s.queue.done()
	s.delivered.Add(int64(len(violations)))
	return nil
}

// outlasting is a context that ends only so long after ctx: a call that is under way when the processor stops
// comes to its end, because one that was cut off may have been delivered, and would be again.
func (s *sender) outlasting(ctx context.Context, grace time.Duration) (context.Context, func()) {
	call, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, func() {
		select {
		case <-call.Done():
		case <-s.clock.after(grace):
			cancel()
		}
	})
	return call, func() {
		release()
		cancel()
	}
}

var errNoTime = errors.New("the time for stopping is over")

// flush sends all that is left, whatever the allowance, until ctx ends or flushLimit is over. What a call refuses for
// good is lost; after any other failure the rest stays in the queue, for leave or a storage.
func (s *sender) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	s.gather()
	for {
		violations := s.queue.take(sendLimit)
		if len(violations) == 0 {
			return nil
		}
		err := errNoTime
		if ctx.Err() == nil {
			err = s.send(ctx, violations)
		}
		switch {
		case err == nil:
		case consumererror.IsPermanent(err):
			s.queue.done()
			s.lost(&s.losses.refused, len(violations), "the next consumer refuses them for good", err)
		default:
			s.queue.putBack()
			return err
		}
	}
}

// leave counts as lost what is still in the queue.
func (s *sender) leave(err error) {
	s.lost(&s.losses.shutdown, s.queue.count(), "they could not be sent at the shutdown", err)
}

var _ violationSource = (*betrace.Engine)(nil)
