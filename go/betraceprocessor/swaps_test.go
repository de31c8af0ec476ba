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
	// restsAfter is the swap after which memory does not grow by more than a fifth any more: by then old and new rules have
	// stood beside each other twice.
	restsAfter = 3
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

// loadOfMachine is how many processes wanted to run of late.
func loadOfMachine(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	require.NoError(t, err)
	load, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	require.NoError(t, err)
	return load
}

// Batches pass while ten thousand rules are changed twelve times over, none held longer than a moment, and memory comes
// to rest. `make swaps` runs it: what it measures of times needs a machine with little else to do.
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
	go func() { took <- passBatches(p, next, stop) }()
	var resident []int
	var waited []time.Duration
	for round := range swaps {
		before := inUse.loadedAt.Load()
		write(round + 1)
		begun := time.Now()
		require.Eventually(t, func() bool { return inUse.loadedAt.Load() != before }, time.Minute, 20*time.Millisecond)
		waited = append(waited, time.Since(begun))
		resident = append(resident, residentBytes(t))
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
	if load := loadOfMachine(t); load > float64(runtime.NumCPU()) {
		t.Logf("%.1f processes want the %d processors of this machine: how long batches were held says nothing here", load, runtime.NumCPU())
	} else {
		require.LessOrEqual(t, longest, longestHold)
	}
	require.LessOrEqual(t, float64(slices.Max(resident[restsAfter:])), 1.2*float64(resident[restsAfter-1]))
}

// passBatches sends small batches, one after the other, and says how long each took.
func passBatches(p *betraceProcessor, next *sink, stop <-chan struct{}) (took []time.Duration) {
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
		begun := time.Now()
		if err := p.ConsumeTraces(context.Background(), batch); err != nil {
			panic(err)
		}
		took = append(took, time.Since(begun))
		next.mu.Lock()
		next.batches = next.batches[:0]
		next.mu.Unlock()
	}
}
