//go:build cgo && linux && amd64

package betraceprocessor

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadatatest"
)

const (
	swaps        = 12
	swappedRules = 10_000
	// longestHold is how long a change of rules may hold up a batch, and what passes in a batch's own evaluation.
	longestHold = 10 * time.Millisecond
	// compared is how many of the last changes are held against as many before them: by then old and new rules have stood beside
	// each other several times.
	compared = 4
)

// manyRules are rules that all differ from those of another round: of names, of values, and of regular expressions.
func manyRules(round int) []byte {
	var text bytes.Buffer
	text.WriteString("rules:\n")
	for i := range swappedRules {
		fmt.Fprintf(&text, "  - id: rule-%d\n    condition: ", i)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&text, "when { step%d.where(amount > %d) } always { check%d }\n", i, round, i)
		case 1:
			fmt.Fprintf(&text, "never { step%d.where(amount > %d) }\n", i, round)
		case 2:
			fmt.Fprintf(&text, "'never { any.where(path matches \"^/v%d/item%d/\") }'\n", round, i)
		default:
			fmt.Fprintf(&text, "count(step%d.where(amount > %d)) > 3\n", i, round)
		}
	}
	return text.Bytes()
}

// residentBytes is what the process holds, after Go has given back what it does not use.
func residentBytes(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}

// waitedForProcessor is how long this thread could have run so far and had no processor, by the system's count: on a crowded
// machine that is most of what a batch takes, and none of it is a hold.
func waitedForProcessor() time.Duration {
	text, err := os.ReadFile("/proc/thread-self/schedstat")
	if err != nil {
		panic(err)
	}
	waited, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		panic(err)
	}
	return time.Duration(waited)
}

// Batches pass while ten thousand rules are changed twelve times over, none held longer than a moment, and memory comes
// to rest. `make swaps` runs it: it takes its time.
func TestSwapsOfManyRulesHoldNoBatchAndNoMemory(t *testing.T) {
	if os.Getenv("BETRACE_SWAPS") == "" {
		t.Skip("it measures times and takes a minute: `make swaps` runs it")
	}
	path := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(round int) {
		require.NoError(t, os.WriteFile(path+".new", manyRules(round), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	write(0)
	config := createDefaultConfig().(*Config)
	config.Rules.Files, config.Rules.ReloadInterval = []string{path}, 100*time.Millisecond
	config.Limits.RulesMib = 1024
	// Traces come and go between two changes, so that what is kept for them of rules that are gone goes too.
	config.Trace.IdleTimeout, config.Trace.LateWindow = time.Second, time.Second
	telemetry := componenttest.NewTelemetry()
	set := metadatatest.NewSettings(telemetry)
	set.Logger = zap.NewNop()
	next := &sink{}
	p := newProcessor(set, config, next, newSystemClock(), newShared(verdictSeries))
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	inUse := p.running.Load().reload

	stop, took := make(chan struct{}), make(chan []time.Duration)
	// What Go does to give memory back, when this test asks it to, holds up everything: no batch is under way meanwhile.
	var pause sync.Mutex
	go func() { took <- passBatches(p, next, &pause, stop) }()
	var resident []int
	var waited []time.Duration
	for round := range swaps {
		before := inUse.loadedAt.Load()
		write(round + 1)
		begun := time.Now()
		require.Eventually(t, func() bool { return inUse.loadedAt.Load() != before }, time.Minute, 20*time.Millisecond)
		waited = append(waited, time.Since(begun))
		pause.Lock()
		resident = append(resident, residentBytes(t))
		pause.Unlock()
	}
	close(stop)
	holds := <-took
	require.NoError(t, p.Shutdown(context.Background()))
	require.NoError(t, telemetry.Shutdown(context.Background()))

	slices.Sort(holds)
	longest := holds[len(holds)-1]
	t.Logf("%d batches beside %d changes of %d rules: median %v, 99.9 %% %v, longest %v; save to use %v to %v",
		len(holds), swaps, swappedRules, holds[len(holds)/2], holds[len(holds)*999/1000], longest, slices.Min(waited), slices.Max(waited))
	for round, bytes := range resident {
		t.Logf("after change %2d: %d MiB resident", round+1, bytes>>20)
	}
	require.LessOrEqual(t, longest, longestHold)
	earlier, later := resident[swaps-2*compared:swaps-compared], resident[swaps-compared:]
	require.LessOrEqual(t, float64(slices.Max(later)), 1.2*float64(slices.Max(earlier)), "memory grows from change to change")
}

// passBatches sends small batches, one after the other, and says how long each took beside waiting for a processor.
func passBatches(p *betraceProcessor, next *sink, pause *sync.Mutex, stop <-chan struct{}) (took []time.Duration) {
	// The thread is not shared with what the tests do beside.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for trace := 0; ; trace++ {
		select {
		case <-stop:
			return took
		case <-time.After(time.Millisecond):
		}
		batch := spansNamed(trace, "checkout", "step1", "step2", "step3", "step4", "step5", "step6", "step7")
		pause.Lock()
		waited, begun := waitedForProcessor(), time.Now()
		err := p.ConsumeTraces(context.Background(), batch)
		passed := time.Since(begun)
		took = append(took, passed-(waitedForProcessor()-waited))
		pause.Unlock()
		if err != nil {
			panic(err)
		}
		next.mu.Lock()
		next.batches = next.batches[:0]
		next.mu.Unlock()
	}
}
