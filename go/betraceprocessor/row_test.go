//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
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

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadatatest"
)

// latencyBatches are measured after latencyWarm others.
const (
	latencyBatches = 6_000
	latencyWarm    = 600
)

// TestRowLatency measures the row `latency`: the 99th percentile of ConsumeTraces with a next consumer that does nothing, for
// batches of some 512 spans of a shop and a hundred rules, with the garbage collector on, on the wall; against the median of
// decoding those batches.
func TestRowLatency(t *testing.T) {
	folder := os.Getenv("BETRACE_BENCH")
	if folder == "" {
		t.Skip("BETRACE_BENCH names no folder of traffic and rules: `make bench` measures this")
	}
	config := createDefaultConfig().(*Config)
	config.Rules.Files = []string{filepath.Join(folder, "rules.yaml")}
	telemetry := componenttest.NewTelemetry()
	set := metadatatest.NewSettings(telemetry)
	set.Logger = zap.NewNop()
	nop, err := consumer.NewTraces(func(context.Context, ptrace.Traces) error { return nil })
	require.NoError(t, err)
	p := newProcessor(set, config, nop, newSystemClock(), newShared(verdictSeries))
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	messages := shopMessages(t, folder)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	count := latencyBatches
	if os.Getenv("QUICK") != "" {
		count /= 4
	}
	var ours, theirs, without []float64
	spent := processTime()
	for number := range latencyWarm + count {
		begun := time.Now()
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(messages[number%len(messages)])
		decoded := time.Since(begun)
		require.NoError(t, err)
		renumber(traces, uint64(number/len(messages)))
		waited := waitedForProcessor()
		begun = time.Now()
		err = p.ConsumeTraces(context.Background(), traces)
		consumed := time.Since(begun)
		waited = waitedForProcessor() - waited
		require.NoError(t, err)
		if number >= latencyWarm {
			ours = append(ours, micros(consumed))
			theirs = append(theirs, micros(decoded))
			without = append(without, micros(consumed-waited))
		}
	}
	require.NoError(t, p.Shutdown(context.Background()))
	require.NoError(t, telemetry.Shutdown(context.Background()))
	slices.Sort(ours)
	slices.Sort(theirs)
	slices.Sort(without)
	median := theirs[count/2]
	// Between these ranks lies the true percentile at 95 %: 1.96 standard deviations of a binomial about its place.
	place, reach := 0.99*float64(count), 1.96*math.Sqrt(float64(count)*0.99*0.01)
	at := func(rank float64) float64 { return ours[min(int(rank), count-1)] }
	text, err := json.MarshalIndent(map[string]any{
		"name": "latency", "ours": at(place), "peer": median, "peer_name": "median of decoding the batch", "unit": "µs a batch",
		"ratio": at(place) / median, "low": at(place-reach) / median, "high": at(place+reach) / median,
	}, "", "  ")
	require.NoError(t, err)
	rows := filepath.Join(folder, "rows")
	require.NoError(t, os.MkdirAll(rows, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(rows, "latency.json"), append(text, '\n'), 0o600))
	t.Logf("%s", text)
	t.Logf("half the batches take %.0f µs, nine in ten %.0f; without waiting for a processor %.0f, %.0f, and 99 in a hundred %.0f; %v of processor time a batch, decoding included",
		ours[count/2], ours[count*9/10], without[count/2], without[count*9/10], without[int(place)], (processTime()-spent)/time.Duration(latencyWarm+count))
}

// processTime is how long this process worked so far, all threads together.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func shopMessages(t *testing.T, folder string) [][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "traffic", "batch-*.otlp"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	var messages [][]byte
	for _, name := range names {
		bytes, err := os.ReadFile(name)
		require.NoError(t, err)
		messages = append(messages, bytes)
	}
	return messages
}

// renumber makes the traces others than in any other round.
func renumber(traces ptrace.Traces, round uint64) {
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				id := [16]byte(span.TraceID())
				binary.LittleEndian.PutUint64(id[:], binary.LittleEndian.Uint64(id[:])^round)
				span.SetTraceID(id)
			}
		}
	}
}
