package betraceprocessor

import (
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace"
)

// swapGrace is how long a change of rules waits for batches that the next consumer holds.
const swapGrace = 200 * time.Millisecond

// thinning gives each batch the writer that fits the rules which will judge it. A batch is written before it is passed
// on and judged afterwards, and in between the rules may change; a message without a field that a new rule reads would
// be judged wrongly. So a change of rules first lets all new batches be written whole, then sees to it that every batch
// written for the old rules is judged by them, and only then swaps the rules.
//
// Most of those batches come back within a moment. One that the next consumer still holds after swapGrace, be it for
// minutes in front of a dead backend, is judged at once, before it is accepted: a change of rules waits for no backend,
// and no batch waits for it. Should such a batch be refused in the end and come again, its spans are duplicates, which
// change no verdict.
type thinning struct {
	current atomic.Pointer[generation]
	clock   clock
}

// batch is one message on its way between being written and being judged.
type batch struct {
	message    []byte
	generation *generation
	// writing is how long it took to write it.
	writing time.Duration

	// The rest is the backlog's. at is when the batch was accepted, number its place among all batches; waited says
	// whether it was handed over, isTaken whether somebody judges it.
	at, number      uint64
	before, after   *batch
	waited, isTaken bool
}

// generation is one writer and the batches written by it that are not judged yet.
type generation struct {
	// thin is nil while batches are written whole.
	thin *betrace.Thin

	mu sync.Mutex
	// waiting are written and not claimed; judging is how many were claimed and are not judged yet.
	waiting map[*batch]struct{}
	judging int
	// closed takes no more batches; settled is closed when it is closed and its last batch is judged.
	closed  bool
	settled chan struct{}
}

func newGeneration(thin *betrace.Thin) *generation {
	return &generation{thin: thin, waiting: map[*batch]struct{}{}, settled: make(chan struct{})}
}

func newThinning(thin *betrace.Thin, clock clock) *thinning {
	t := &thinning{clock: clock}
	t.current.Store(newGeneration(thin))
	return t
}

// write writes traces into the batch for the rules in use. Where it succeeds the batch must be claimed later, and
// judged by whoever claims it.
func (t *thinning) write(b *batch, traces ptrace.Traces) error {
	begun := time.Now()
	for {
		g := t.current.Load()
		message, err := g.encode(b.message[:0], traces)
		if err != nil {
			return err
		}
		// Once it is registered it may be judged.
		b.message, b.writing = message, time.Since(begun)
		if g.register(b) {
			return nil
		}
		// The rules began to change while it was written.
	}
}

func (g *generation) encode(dst []byte, traces ptrace.Traces) ([]byte, error) {
	if g.thin != nil {
		return g.thin.Append(dst, traces), nil
	}
	marshaler := ptrace.ProtoMarshaler{}
	return marshaler.MarshalTraces(traces)
}

func (g *generation) register(b *batch) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	b.generation = g
	g.waiting[b] = struct{}{}
	return true
}

// claim takes the right to judge a batch, which only one has. Call judged afterwards.
func (b *batch) claim() bool {
	g := b.generation
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.waiting[b]; !ok {
		return false
	}
	delete(g.waiting, b)
	g.judging++
	return true
}

func (b *batch) judged() {
	g := b.generation
	g.mu.Lock()
	defer g.mu.Unlock()
	g.judging--
	g.settle()
}

// settle is called under the lock.
func (g *generation) settle() {
	if g.closed && g.judging == 0 && len(g.waiting) == 0 {
		close(g.settled)
	}
}

func (g *generation) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.settle()
}

// left are the batches that nobody has claimed.
func (g *generation) left() []*batch {
	g.mu.Lock()
	defer g.mu.Unlock()
	var left []*batch
	for b := range g.waiting {
		left = append(left, b)
	}
	return left
}

// suspend lets new batches be written whole and returns when every older one is judged; those that are still out after
// a moment it claims and hands to judge. It reports false, and lets the old writer go on, when stop is closed first.
func (t *thinning) suspend(stop <-chan struct{}, judge func(*batch)) bool {
	old := t.current.Swap(newGeneration(nil))
	old.close()
	select {
	case <-old.settled:
		return true
	case <-stop:
		t.current.Store(newGeneration(old.thin))
		return false
	case <-t.clock.after(swapGrace):
	}
	for _, b := range old.left() {
		if b.claim() {
			judge(b)
		}
	}
	// What others have claimed they judge right now, whatever the next consumer does.
	<-old.settled
	return true
}

// resume lets new batches be written by thin.
func (t *thinning) resume(thin *betrace.Thin) {
	t.current.Store(newGeneration(thin))
}
