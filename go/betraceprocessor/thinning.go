package betraceprocessor

import (
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace"
)

// thinning gives each batch the writer that fits the rules which will judge it. A batch is written
// before it is passed on and judged afterwards, and in between the rules may change; a message
// without a field that a new rule reads would be judged wrongly. So a change of rules first lets
// all new batches be written whole, waits until the batches written for the old rules are judged,
// and only then swaps the rules. No batch waits for it.
type thinning struct {
	current atomic.Pointer[generation]
}

// generation is one writer and how many batches written by it are not judged yet.
type generation struct {
	// thin is nil while batches are written whole.
	thin     *betrace.Thin
	underway atomic.Int64
}

func newThinning(thin *betrace.Thin) *thinning {
	t := &thinning{}
	t.current.Store(&generation{thin: thin})
	return t
}

// enter begins a batch; leave it by calling underway.Add(-1).
func (t *thinning) enter() *generation {
	for {
		now := t.current.Load()
		now.underway.Add(1)
		if t.current.Load() == now {
			return now
		}
		now.underway.Add(-1)
	}
}

func (g *generation) append(dst []byte, traces ptrace.Traces) ([]byte, error) {
	if g.thin != nil {
		return g.thin.Append(dst, traces), nil
	}
	marshaler := ptrace.ProtoMarshaler{}
	return marshaler.MarshalTraces(traces)
}

// suspend lets new batches be written whole and waits until every older one is judged. It reports
// false, and lets the old writer go on, when stop is closed first.
func (t *thinning) suspend(stop <-chan struct{}) bool {
	old := t.current.Swap(&generation{})
	for old.underway.Load() != 0 {
		select {
		case <-stop:
			t.current.Store(&generation{thin: old.thin})
			return false
		case <-time.After(time.Millisecond):
		}
	}
	return true
}

// resume lets new batches be written by thin.
func (t *thinning) resume(thin *betrace.Thin) {
	t.current.Store(&generation{thin: thin})
}
