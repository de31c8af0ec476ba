//go:build cgo && linux && amd64

package betrace

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// row is one line of the table that `make bench` prints, as rust/bench/src/row.rs reads it.
type row struct {
	Name     string  `json:"name"`
	Ours     float64 `json:"ours"`
	Peer     float64 `json:"peer"`
	PeerName string  `json:"peer_name"`
	Ratio    float64 `json:"ratio"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Unit     string  `json:"unit"`
}

const (
	shopBegin = uint64(1_760_000_001_000_000_000)
	shopBatch = uint64(64_000_000)
	// thinAtOnce batches are measured at once; after thinWarm of them the first traces are forgotten.
	thinAtOnce = 8
	thinWarm   = 1_200
	thinPairs  = 101
)

// TestRowThin measures the row `thin`: writing the thin messages of a shop's traffic and their evaluation by a hundred rules in
// the steady state of the default settings, by the processor's time of one thread; against ProtoMarshaler alone, whose garbage
// is collected by other threads and does not count.
func TestRowThin(t *testing.T) {
	folder := benchFolder(t)
	engine, wanted, batches := shop(t, folder)
	thin := NewThin(wanted)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var buffer []byte
	var number, round uint64
	ours := func(batches []ptrace.Traces) float64 {
		return perSpan(batches, func(batch ptrace.Traces) {
			number++
			now := shopBegin + number*shopBatch
			buffer = thin.Append(buffer[:0], batch)
			_, err := engine.Consume(buffer, now)
			require.NoError(t, err)
			require.NoError(t, engine.Tick(now))
			if number%thinAtOnce == 0 {
				_, _, err := engine.TakeViolations(1_000_000)
				require.NoError(t, err)
			}
		})
	}
	theirs := func(batches []ptrace.Traces) float64 {
		return perSpan(batches, func(batch ptrace.Traces) {
			_, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(batch)
			require.NoError(t, err)
		})
	}
	writing := func(batches []ptrace.Traces) float64 {
		return perSpan(batches, func(batch ptrace.Traces) { buffer = thin.Append(buffer[:0], batch) })
	}
	spans := tell(batches)
	again := func() {
		round++
		for _, span := range spans {
			span.move(round)
		}
	}
	for range thinWarm / len(batches) {
		again()
		ours(batches)
	}
	pairs := thinPairs
	if os.Getenv("QUICK") != "" {
		pairs = 15
	}
	var mine, peer, ratios, written []float64
	for pair := range pairs {
		at := pair * thinAtOnce % len(batches)
		some := batches[at : at+thinAtOnce]
		if at == 0 {
			again()
		}
		var a, b float64
		if pair%2 == 0 {
			a = ours(some)
			b = theirs(some)
		} else {
			b = theirs(some)
			a = ours(some)
		}
		mine, peer, ratios = append(mine, a), append(peer, b), append(ratios, a/b)
		written = append(written, writing(some))
	}
	slices.Sort(mine)
	slices.Sort(peer)
	slices.Sort(ratios)
	slices.Sort(written)
	// Between these ranks lies the true median at 95 %: 1.96 standard deviations of a binomial of halves about its middle.
	middle := pairs / 2
	reach := int(math.Ceil(1.96 * math.Sqrt(float64(pairs)) / 2))
	keep(t, folder, row{
		Name: "thin", Ours: mine[middle], Peer: peer[middle], PeerName: "ProtoMarshaler alone", Ratio: ratios[middle],
		Low: ratios[middle-reach], High: ratios[min(middle+reach, pairs-1)], Unit: "ns a span",
	})
	t.Logf("writing alone, of batches that were just read: %.0f ns a span", written[middle])
}

// benchFolder has the traffic and rules that `make bench` writes.
func benchFolder(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("BETRACE_BENCH")
	if folder == "" {
		t.Skip("BETRACE_BENCH names no folder of traffic and rules: `make bench` measures this")
	}
	return folder
}

// shop is the hundred rules of the bench in an engine, what they want of a message, and the traffic.
func shop(t testing.TB, folder string) (*Engine, Wanted, []ptrace.Traces) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "rules.yaml"))
	require.NoError(t, err)
	engine := newTestEngine(t, string(text))
	wanted, err := engine.Wanted()
	require.NoError(t, err)
	return engine, wanted, shopTraffic(t, folder)
}

func shopTraffic(t testing.TB, folder string) []ptrace.Traces {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "traffic", "batch-*.otlp"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	var batches []ptrace.Traces
	for _, name := range names {
		bytes, err := os.ReadFile(name)
		require.NoError(t, err)
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(bytes)
		require.NoError(t, err)
		batches = append(batches, traces)
	}
	return batches
}

// told is a span with the trace it was read with. One of a trace that began at the end of a round is carried into the next.
type told struct {
	span    ptrace.Span
	trace   [16]byte
	carried bool
}

// tell lists the spans of all batches. What is left of the traces of the last three batches is in the first three.
func tell(batches []ptrace.Traces) []told {
	var all []told
	last := map[[16]byte]bool{}
	first := 0
	for at, batch := range batches {
		for _, resource := range batch.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					all = append(all, told{span: span, trace: span.TraceID()})
					last[span.TraceID()] = at >= len(batches)-3
				}
			}
		}
		if at < 3 {
			first = len(all)
		}
	}
	for at := range first {
		all[at].carried = last[all[at].trace]
	}
	return all
}

// move makes the traces others than in any other round; they are the same in all batches of a round.
func (s told) move(round uint64) {
	if s.carried {
		round--
	}
	id := s.trace
	binary.LittleEndian.PutUint64(id[:], binary.LittleEndian.Uint64(id[:])^round)
	s.span.SetTraceID(id)
}

// perSpan is a span's share of what this thread works, in nanoseconds.
func perSpan(batches []ptrace.Traces, work func(ptrace.Traces)) float64 {
	spans := 0
	begun := threadTime()
	for _, batch := range batches {
		work(batch)
		spans += batch.SpanCount()
	}
	return float64(threadTime()-begun) / float64(spans)
}

// threadTime is what this thread worked so far. getrusage knows it only as of the last tick of the system's clock.
func threadTime() time.Duration {
	const threadCPUTime = 3
	var now syscall.Timespec
	if _, _, failed := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadCPUTime, uintptr(unsafe.Pointer(&now)), 0); failed != 0 {
		panic(failed)
	}
	return time.Duration(now.Nano())
}

func keep(t *testing.T, folder string, measured row) {
	t.Helper()
	text, err := json.MarshalIndent(measured, "", "  ")
	require.NoError(t, err)
	rows := filepath.Join(folder, "rows")
	require.NoError(t, os.MkdirAll(rows, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(rows, measured.Name+".json"), append(text, '\n'), 0o644))
	t.Logf("%s", text)
}
