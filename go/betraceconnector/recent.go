package betraceconnector

import (
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// identity is what a mark vouches for, a violation's trace id and span id, which the same violation always has. Other
// attributes may be changed on the way.
type identity [24]byte

func identityOf(span ptrace.Span) (id identity) {
	trace, own := span.TraceID(), span.SpanID()
	copy(id[:16], trace[:])
	copy(id[16:], own[:])
	return id
}

// generation is how many identities a half of [recent] holds, some 2 MiB.
const generation = 50_000

// recent remembers the last identities, from [generation] to twice as many: when the newer half is full the older is
// forgotten.
type recent struct {
	mu           sync.Mutex
	newer, older map[identity]struct{}
}

func (r *recent) has(id identity) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, isNew := r.newer[id]
	_, isOld := r.older[id]
	return isNew || isOld
}

func (r *recent) add(id identity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newer == nil || len(r.newer) >= generation {
		r.older, r.newer = r.newer, make(map[identity]struct{})
	}
	r.newer[id] = struct{}{}
}
