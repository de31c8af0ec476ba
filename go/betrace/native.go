//go:build cgo && linux && amd64

package betrace

/*
#cgo LDFLAGS: ${SRCDIR}/lib/linux_amd64/libbetrace.a -lm -ldl -lpthread

#if !__has_include("betrace.h") || !__has_include("library_hash.h")
#error "the native library of betrace is missing: run `make lib` at the top of the betrace repository (or build with CGO_ENABLED=0)"
#endif
#include "betrace.h"
#include "library_hash.h"

_Static_assert(BETRACE_ABI_VERSION == 4, "betrace.h is of another version than this package: run `make lib`");

#cgo noescape betrace_engine_consume
#cgo nocallback betrace_engine_consume
#cgo noescape betrace_engine_tick
#cgo nocallback betrace_engine_tick
#cgo noescape betrace_engine_take_violations
#cgo nocallback betrace_engine_take_violations
#cgo noescape betrace_engine_stats
#cgo nocallback betrace_engine_stats
*/
import "C"

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"unsafe"
)

// Available says whether this program contains the engine.
const Available = true

// errorBytes is the room for the text of one failure.
const errorBytes = 1024

// LibraryHash is the SHA-256 of the library that this program was linked with.
func LibraryHash() string { return C.BETRACE_LIBRARY_HASH }

// LibraryVersion is the version that the linked library gives itself.
func LibraryVersion() string {
	text, err := filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.betrace_version(buf, capacity, length)
	})
	if err != nil {
		return ""
	}
	return string(text)
}

func checkVersion() error {
	if linked := uint32(C.betrace_abi_version()); linked != ABIVersion {
		return fmt.Errorf("betrace: the linked library speaks version %d of the interface and this package version %d: run `make lib` and build again", linked, ABIVersion)
	}
	return nil
}

// pointer is what C takes for bytes. Of none it is NULL: an empty slice may point into an array of its own, which
// nobody pins and C must not be given.
func pointer(bytes []byte) (*C.uint8_t, C.size_t) {
	if len(bytes) == 0 {
		return nil, 0
	}
	return (*C.uint8_t)(unsafe.SliceData(bytes)), C.size_t(len(bytes))
}

// pinned is pointer for what stands in memory that C is given: what that points to must be pinned, where what is
// handed over as an argument is so by the call.
func pinned(pinner *runtime.Pinner, bytes []byte) (*C.uint8_t, C.size_t) {
	start, length := pointer(bytes)
	if start != nil {
		pinner.Pin(start)
	}
	return start, length
}

// filled asks for the length, then for the content, until both fit: what is asked for may grow
// between two calls.
func filled(ask func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t) ([]byte, error) {
	var buffer []byte
	for {
		var length C.size_t
		start, capacity := pointer(buffer)
		code := ask(start, capacity, &length)
		switch Code(code) {
		case 0:
			return buffer[:length], nil
		case CodeBufferTooSmall:
			buffer = make([]byte, int(length)+int(length)/8)
		default:
			return nil, &Error{Code: Code(code)}
		}
	}
}

// failure is what a code and the text written beside it mean; nil for success.
func failure(code C.int32_t, text []byte, length C.size_t) error {
	if code == 0 {
		return nil
	}
	return &Error{Code: Code(code), Message: string(text[:min(int(length), len(text))])}
}

// Engine evaluates one rule set. It may be used from several goroutines, Close included.
type Engine struct {
	mu     sync.RWMutex
	handle *C.betrace_engine
	free   runtime.Cleanup
}

// NewEngine makes an engine for rules without errors; now is the time, nanoseconds since 1970. Close
// it when it is not needed any more.
func NewEngine(rules *Rules, settings Settings, now uint64) (*Engine, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	rules.mu.RLock()
	defer rules.mu.RUnlock()
	if rules.handle == nil {
		return nil, ErrClosed
	}
	var native C.betrace_settings
	if code := C.betrace_settings_init(&native); code != 0 {
		return nil, &Error{Code: Code(code)}
	}
	native.idle_timeout = C.uint64_t(settings.IdleTimeout)
	native.root_timeout = C.uint64_t(settings.RootTimeout)
	native.max_age = C.uint64_t(settings.MaxAge)
	native.late_window = C.uint64_t(settings.LateWindow)
	native.forget_after = C.uint64_t(settings.ForgetAfter)
	// What comes back as a figure must fit a signed number.
	native.memory_bytes = C.uint64_t(min(settings.MemoryBytes, math.MaxInt64))
	native.spans_per_trace = C.uint32_t(settings.SpansPerTrace)
	native.shards = C.uint32_t(settings.Shards)
	native.completeness = C.int32_t(settings.Completeness)
	native.violation_trace = C.int32_t(settings.ViolationTrace)
	native.restart_grace = 0
	if settings.RestartGrace {
		native.restart_grace = 1
	}
	if settings.Evidence {
		native.evidence_samples = C.int32_t(settings.EvidenceSamples)
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	keys := make([]C.betrace_mark_key, len(settings.MarkKeys))
	for i, key := range settings.MarkKeys {
		secret := []byte(key)
		keys[i].secret, keys[i].secret_len = pinned(&pinner, secret)
	}
	if len(keys) > 0 {
		pinner.Pin(&keys[0])
		native.mark_keys, native.mark_keys_len = &keys[0], C.size_t(len(keys))
	}
	withheld := make([]C.betrace_name, len(settings.Withheld))
	for i, name := range settings.Withheld {
		withheld[i].text, withheld[i].text_len = pinned(&pinner, []byte(name))
	}
	if len(withheld) > 0 {
		pinner.Pin(&withheld[0])
		native.withheld, native.withheld_len = &withheld[0], C.size_t(len(withheld))
	}
	if settings.ValueBytes > 0 {
		native.value_bytes = C.uint32_t(settings.ValueBytes)
	}
	engine := &Engine{}
	var text [errorBytes]byte
	var length C.size_t
	start, capacity := pointer(text[:])
	code := C.betrace_engine_new(rules.handle, &native, C.uint64_t(now), &engine.handle, start, capacity, &length)
	if code != 0 {
		return nil, failure(code, text[:], length)
	}
	engine.free = runtime.AddCleanup(engine, func(handle *C.betrace_engine) { C.betrace_engine_free(handle) }, engine.handle)
	return engine, nil
}

// Wanted says which fields of a span the rules read. Ask again after [Engine.ReplaceRules].
func (e *Engine) Wanted() (Wanted, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return Wanted{}, ErrClosed
	}
	text, err := filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.betrace_engine_wanted(e.handle, buf, capacity, length)
	})
	if err != nil {
		return Wanted{}, err
	}
	return ParseWanted(text)
}

// Consume evaluates one batch, an OTLP ExportTraceServiceRequest in protobuf, thin or whole, and
// says how many violations wait to be taken. The message is not kept.
func (e *Engine) Consume(message []byte, now uint64) (pending int, err error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return 0, ErrClosed
	}
	var waiting C.uint64_t
	var text [errorBytes]byte
	var length C.size_t
	otlp, size := pointer(message)
	start, capacity := pointer(text[:])
	code := C.betrace_engine_consume(e.handle, otlp, size, C.uint64_t(now), &waiting, start, capacity, &length)
	return int(waiting), failure(code, text[:], length)
}

// Tick closes every trace that is due. Call it about once a second.
func (e *Engine) Tick(now uint64) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return ErrClosed
	}
	return failure(C.betrace_engine_tick(e.handle, C.uint64_t(now)), nil, 0)
}

// Moved says that the engines which share the traces are others than before, and until when (nanoseconds since 1970) spans
// may have gone to another of them than others of their trace: traces that were opened by then, or began before, end as
// inconclusive(moved) for what rests on absence. A later call takes the place of an earlier one.
func (e *Engine) Moved(until uint64) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return ErrClosed
	}
	return failure(C.betrace_engine_moved(e.handle, C.uint64_t(until)), nil, 0)
}

// CloseTraces closes every live trace.
func (e *Engine) CloseTraces(cause CloseCause, now uint64) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return ErrClosed
	}
	return failure(C.betrace_engine_close_traces(e.handle, C.int32_t(cause), C.uint64_t(now)), nil, 0)
}

// TakeViolations takes at most limit violations, the oldest first, as an OTLP
// ExportTraceServiceRequest in protobuf, and says how many it holds; nil where there is none.
func (e *Engine) TakeViolations(limit int) (message []byte, count int, err error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return nil, 0, ErrClosed
	}
	var taken C.size_t
	message, err = filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.betrace_engine_take_violations(e.handle, C.size_t(max(limit, 0)), buf, capacity, length, &taken)
	})
	return message, int(taken), err
}

// Stats reads all counters.
func (e *Engine) Stats() (Stats, error) { return e.stats(C.BETRACE_STATS_ALL) }

// Totals reads all counters but those of single rules: it is cheap however many rules there are.
func (e *Engine) Totals() (Stats, error) { return e.stats(C.BETRACE_STATS_TOTALS) }

func (e *Engine) stats(parts C.int32_t) (Stats, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return Stats{}, ErrClosed
	}
	text, err := filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.betrace_engine_stats(e.handle, parts, buf, capacity, length)
	})
	if err != nil {
		return Stats{}, err
	}
	return parseStats(text)
}

// ReplaceRules swaps the rules; where it fails the old ones go on. A rule whose id and meaning are
// unchanged keeps its state.
func (e *Engine) ReplaceRules(rules *Rules, now uint64) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	rules.mu.RLock()
	defer rules.mu.RUnlock()
	if e.handle == nil || rules.handle == nil {
		return ErrClosed
	}
	var text [errorBytes]byte
	var length C.size_t
	start, capacity := pointer(text[:])
	code := C.betrace_engine_replace_rules(e.handle, rules.handle, C.uint64_t(now), start, capacity, &length)
	return failure(code, text[:], length)
}

// Snapshot is the state of all traces as bytes, for [Engine.Restore] in another process.
func (e *Engine) Snapshot(kind SnapshotKind) ([]byte, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return nil, ErrClosed
	}
	return filled(func(buf *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
		return C.betrace_engine_snapshot(e.handle, C.int32_t(kind), buf, capacity, length)
	})
}

// Restore takes over the state of a snapshot, before anything was consumed. A snapshot that is
// damaged or of another version is refused with [CodeSnapshot], and the engine is as it was.
func (e *Engine) Restore(snapshot []byte, now uint64) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.handle == nil {
		return ErrClosed
	}
	var text [errorBytes]byte
	var length C.size_t
	bytes, size := pointer(snapshot)
	start, capacity := pointer(text[:])
	code := C.betrace_engine_restore(e.handle, bytes, size, C.uint64_t(now), start, capacity, &length)
	return failure(code, text[:], length)
}

// Close frees the engine and all its state. It waits for calls under way and may be called twice.
func (e *Engine) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.handle != nil {
		e.free.Stop()
		C.betrace_engine_free(e.handle)
		e.handle = nil
	}
}
