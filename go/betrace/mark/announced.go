package mark

import (
	"slices"
	"sync"
	"sync/atomic"
)

// announced are the keys that parts of this process mark with or know marks by. A processor that was given no secret makes
// one, so nobody could configure another part of the same Collector with it; that part asks here.
var announced struct {
	mu   sync.Mutex
	sets []*[]Key
	all  atomic.Pointer[[]Key]
}

// Announce has [Announced] answer these keys too, until withdraw is called; a second call of it does nothing.
func Announce(keys []Key) (withdraw func()) {
	set := slices.Clone(keys)
	announced.mu.Lock()
	defer announced.mu.Unlock()
	announced.sets = append(announced.sets, &set)
	gather()
	return func() {
		announced.mu.Lock()
		defer announced.mu.Unlock()
		announced.sets = slices.DeleteFunc(announced.sets, func(one *[]Key) bool { return one == &set })
		gather()
	}
}

// Announced are the keys that are announced now, each once. Nobody may write into the slice.
func Announced() []Key {
	if all := announced.all.Load(); all != nil {
		return *all
	}
	return nil
}

func gather() {
	var all []Key
	for _, set := range announced.sets {
		for _, key := range *set {
			if !slices.Contains(all, key) {
				all = append(all, key)
			}
		}
	}
	announced.all.Store(&all)
}
