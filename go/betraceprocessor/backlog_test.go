//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// accepted is a batch of so many bytes that the next consumer took.
func accepted(t *testing.T, g *generation, bytes int) *batch {
	t.Helper()
	b := &batch{message: make([]byte, bytes)}
	require.True(t, g.register(b))
	require.True(t, b.claim())
	return b
}

// judgements are the times of what a backlog judged, in the order in which it did.
type judgements struct {
	mu    sync.Mutex
	times []uint64
	// hold, where set, is waited for by each judgement, once it said so to held.
	hold, held chan struct{}
}

func (j *judgements) judge(b *batch) {
	if j.hold != nil {
		j.held <- struct{}{}
		<-j.hold
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.times = append(j.times, b.at)
}

func (j *judgements) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.times)
}

// startBacklog makes a backlog of which nobody judges anything but who settles it.
func startBacklog(bytes, batches int) (*backlog, *judgements, *manualClock) {
	done, clock := &judgements{}, newManualClock()
	return newBacklog(bytes, batches, clock, done.judge), done, clock
}

func TestABatchIsJudgedWithTheTimeAtWhichItWasAccepted(t *testing.T) {
	q, done, clock := startBacklog(100, 10)
	g := newGeneration(nil)
	for range 3 {
		q.give(accepted(t, g, 1))
		clock.turn(time.Second)
	}
	require.Zero(t, done.count(), "the calls that brought them do not wait for it")
	require.Equal(t, epoch+uint64(3*time.Second), q.settle())
	require.Equal(t, []uint64{epoch, epoch + uint64(time.Second), epoch + uint64(2*time.Second)}, done.times)
}

// Whoever closes traces is ahead of no batch that was accepted before, and waits for none that came after.
func TestSettlingWaitsForABatchThatAnotherJudges(t *testing.T) {
	q, done, _ := startBacklog(100, 10)
	done.hold, done.held = make(chan struct{}), make(chan struct{}, 10)
	g := newGeneration(nil)
	q.give(accepted(t, g, 1))
	stop := make(chan struct{})
	defer close(stop)
	go q.run(stop)
	<-done.held
	settled := make(chan struct{})
	go func() {
		q.settle()
		close(settled)
	}()
	require.Eventually(t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.settling == 1
	}, 5*time.Second, time.Millisecond)
	q.give(accepted(t, g, 1))
	select {
	case <-settled:
		t.Fatal("a batch was overtaken")
	default:
	}
	done.hold <- struct{}{}
	<-settled
	require.Equal(t, 1, done.count())
	<-done.held
	done.hold <- struct{}{}
}

func TestAFullBacklogIsJudgedByWhoBringsMore(t *testing.T) {
	for name, limits := range map[string]struct{ bytes, batches, each int }{
		"batches": {bytes: 1_000, batches: 4, each: 1},
		"bytes":   {bytes: 40, batches: 100, each: 10},
	} {
		t.Run(name, func(t *testing.T) {
			q, done, clock := startBacklog(limits.bytes, limits.batches)
			g := newGeneration(nil)
			for range 4 {
				q.give(accepted(t, g, limits.each))
			}
			require.Zero(t, done.count(), "so many wait")
			require.Zero(t, q.figures().heldUp)
			clock.turn(time.Second)
			q.give(accepted(t, g, limits.each))
			require.Equal(t, []uint64{epoch + uint64(time.Second)}, done.times, "one more does not")
			require.EqualValues(t, 1, q.figures().heldUp)
			require.EqualValues(t, 4*limits.each, q.figures().bytes)
			q.settle()
			require.Equal(t, 5, done.count())
			require.Zero(t, q.figures().bytes)
			q.give(accepted(t, g, limits.each))
			require.Equal(t, 5, done.count(), "there is room again")
		})
	}
}

// What waits and what lies ready together stay within the bound, and what was not needed for a second is given up.
func TestMemoryOfABacklogIsBoundedAndGoes(t *testing.T) {
	q, _, _ := startBacklog(100, 100)
	g := newGeneration(nil)
	held := func() int {
		q.mu.Lock()
		defer q.mu.Unlock()
		all := 0
		for _, b := range q.spare {
			all += cap(b.message)
		}
		require.Equal(t, all, q.spareBytes)
		return q.bytes + q.spareBytes
	}
	for range 10 {
		q.give(accepted(t, g, 10))
	}
	require.Equal(t, 100, held())
	q.settle()
	require.Equal(t, 100, held())
	require.Len(t, q.spare, 10)
	q.give(accepted(t, g, 15))
	require.Equal(t, 95, held(), "two of ten spare ones made room")
	q.reuse(accepted(t, g, 6))
	require.Equal(t, 95, held(), "there is no room for one of six")
	q.reuse(accepted(t, g, 5))
	require.Equal(t, 100, held())
	q.settle()
	require.Len(t, q.spare, 10)
	q.trim()
	first, second := q.empty(), q.empty()
	q.reuse(first)
	q.reuse(second)
	q.trim()
	require.Len(t, q.spare, 2, "two were in use")
	q.trim()
	require.Empty(t, q.spare)
	require.Zero(t, held())
}

func TestAClosedBacklogHasNothingLeft(t *testing.T) {
	q, done, _ := startBacklog(100, 10)
	g := newGeneration(nil)
	q.give(accepted(t, g, 1))
	q.close()
	require.Equal(t, 1, done.count())
	q.give(accepted(t, g, 1))
	require.Equal(t, 2, done.count(), "who comes late judges his batch himself")
	g.close()
	<-g.settled
}

func TestWorkersJudgeWhatNobodySettles(t *testing.T) {
	q, done, _ := startBacklog(1<<20, 1_000)
	g := newGeneration(nil)
	stop := make(chan struct{})
	var workers sync.WaitGroup
	for range q.workers {
		workers.Go(func() { q.run(stop) })
	}
	const batches = 2_000
	for range batches {
		q.give(accepted(t, g, 1_000))
	}
	require.Eventually(t, func() bool { return done.count() == batches }, 5*time.Second, time.Millisecond)
	// Once they have nothing to do they sleep, and the next batch wakes one.
	require.Eventually(t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.awake == 0
	}, 5*time.Second, time.Millisecond)
	q.give(accepted(t, g, 1_000))
	require.Eventually(t, func() bool { return done.count() == batches+1 }, 5*time.Second, time.Millisecond)
	close(stop)
	workers.Wait()
}

// Whatever happens beside: what a producer gave is judged when it settles, and everything once.
func TestNothingIsLostOrJudgedTwiceByManyAtOnce(t *testing.T) {
	var given [8]atomic.Int64
	of := map[*batch]int{}
	var mu sync.Mutex
	judge := func(b *batch) {
		mu.Lock()
		defer mu.Unlock()
		given[of[b]].Add(-1)
	}
	q := newBacklog(20, 3, newManualClock(), judge)
	g := newGeneration(nil)
	stop := make(chan struct{})
	var workers, producers sync.WaitGroup
	for range q.workers {
		workers.Go(func() { q.run(stop) })
	}
	for producer := range given {
		producers.Go(func() {
			for round := range 500 {
				b := q.empty()
				b.message = append(b.message, make([]byte, round%9)...)
				mu.Lock()
				of[b] = producer
				mu.Unlock()
				given[producer].Add(1)
				if !g.register(b) || !b.claim() {
					t.Error("it is ours")
				}
				q.give(b)
				if round%7 == 0 {
					q.settle()
					if left := given[producer].Load(); left != 0 {
						t.Errorf("%d are not judged, or twice", left)
					}
				}
			}
		})
	}
	producers.Wait()
	q.close()
	close(stop)
	workers.Wait()
	g.close()
	<-g.settled
	for producer := range given {
		require.Zero(t, given[producer].Load())
	}
	require.Nil(t, q.oldest)
	require.Nil(t, q.newest)
	require.Zero(t, q.count)
}

// A trace whose last batch waits is not closed as if it had not come: the tick judges it first.
func TestATickDoesNotOvertakeABatch(t *testing.T) {
	b := startBench(t, func(c *Config) { c.Trace.IdleTimeout = time.Second }, "when { payment.charge } always { payment.fraud_check }")
	b.keepWorkersAsleep()
	for trace := range 20 {
		require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(trace, "checkout", "payment.charge")))
	}
	_, err := b.stats()
	require.NoError(t, err)
	b.clock.turn(999 * time.Millisecond)
	for trace := range 20 {
		rest := spansNamed(trace, "payment.fraud_check")
		span := rest.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
		span.SetSpanID(spanID(7))
		span.SetParentSpanID(spanID(1))
		require.NoError(t, b.ConsumeTraces(context.Background(), rest))
	}
	b.tick(t, time.Millisecond)
	stats, err := b.stats()
	require.NoError(t, err)
	require.Zero(t, stats.ClosedTraces, "the rest came in time, and its batches wait when the tick comes")
	b.tick(t, time.Second)
	stats, err = b.stats()
	require.NoError(t, err)
	require.EqualValues(t, 20, stats.ClosedTraces)
	b.requireViolations(t)
}

// Figures, the status page and records of evidence have every batch that was accepted before they were asked for.
func TestFiguresHaveEveryAcceptedBatch(t *testing.T) {
	b := startBenchOn(t, hostWith(newMemoryStorage()), intoFiles(t.TempDir(), func(c *Config) { c.Status.Endpoint = "localhost:0" }), never)
	b.keepWorkersAsleep()
	accept := func(trace int) {
		require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(trace, "checkout", "payment.bypass_validation")))
	}
	accept(1)
	require.EqualValues(t, 2, b.sum(t, prefix+"spans", label("outcome", "evaluated")))
	accept(2)
	r := b.running.Load()
	require.EqualValues(t, 4, b.shown(r, "").Spans["evaluated"])
	accept(3)
	r.evidence.mu.Lock()
	require.True(t, r.evidence.record(context.Background(), causePeriod))
	r.evidence.mu.Unlock()
	stats, err := r.engine.Stats()
	require.NoError(t, err)
	require.EqualValues(t, 6, stats.Spans["evaluated"])
}

// keepWorkersAsleep leaves accepted batches to those who settle the backlog. Call it before the first batch.
func (b *bench) keepWorkersAsleep() {
	q := b.running.Load().backlog
	q.mu.Lock()
	defer q.mu.Unlock()
	q.awake = q.workers
}

// A backlog that cannot take a batch leaves it to the call, and the metrics say so.
func TestHeldUpBatchesAreCounted(t *testing.T) {
	b := startBench(t, nil, never)
	r := b.running.Load()
	require.EqualValues(t, 0, b.sum(t, prefix+"batches_held_up"))
	r.backlog.mu.Lock()
	r.backlog.limitBytes = 10
	r.backlog.mu.Unlock()
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	require.EqualValues(t, 1, b.sum(t, prefix+"batches_held_up"))
	require.EqualValues(t, 0, b.sum(t, prefix+"backlog_bytes"))
	b.requireViolations(t, "rule-0")
}

// In the steady state a batch costs no allocation of ours, accepted or refused.
func TestABatchIsWrittenAndJudgedWithoutAllocating(t *testing.T) {
	b := startBench(t, nil, "when { payment.charge } always { payment.fraud_check }")
	refusal := errors.New("no")
	var answer error
	next, err := consumer.NewTraces(func(context.Context, ptrace.Traces) error { return answer })
	require.NoError(t, err)
	b.betraceProcessor.next = next
	traces := spansNamed(1, "checkout", "payment.charge", "payment.fraud_check")
	r := b.running.Load()
	consume := func() {
		for range 8 {
			_ = b.ConsumeTraces(context.Background(), traces)
		}
		r.backlog.settle()
	}
	for range 100 {
		consume()
	}
	require.Zero(t, testing.AllocsPerRun(200, consume))
	answer = refusal
	require.Zero(t, testing.AllocsPerRun(200, consume))
}
