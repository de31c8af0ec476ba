package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/violation"
)

// What a storage and a signal can do to a running Collector, with the real storage extension.

// storedIn has the processor keep its state in this folder.
func storedIn(folder string) func(config string) string {
	return func(config string) string {
		config = strings.Replace(config, "extensions:\n", fmt.Sprintf("extensions:\n  file_storage:\n    directory: %q\n", folder), 1)
		return strings.Replace(config, "[health_check]", "[health_check, file_storage]", 1)
	}
}

// byRuleAndKind counts violations by their rule and the kind of trace that they stand in.
func byRuleAndKind(violations []violation.Violation) map[string]map[byte]int {
	counted := map[string]map[byte]int{}
	for _, v := range violations {
		if counted[v.Rule] == nil {
			counted[v.Rule] = map[byte]int{}
		}
		counted[v.Rule][v.Trace[0]]++
	}
	return counted
}

// A Collector that is told to read its configuration anew (SIGHUP) starts all its components again in one process. The traces that
// were under way are judged as if nothing had been, and the keys by which own spans are known stay.
func TestAReloadOfTheWholeCollectorLosesNothing(t *testing.T) {
	t.Parallel()
	p := openPipeline(t, setup{
		rules:   write(t, "rules.yaml", neighbourRules),
		betrace: "    trace:\n      idle_timeout: 5s\n      root_timeout: 1s\n    storage: file_storage\n",
		change:  storedIn(t.TempDir()),
	})
	halves := liveTraces()
	send(t, p.grpc, halves[0])
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	until(t, "the state is taken over", func() bool {
		// Nobody answers meanwhile.
		samples, err := p.Metrics(t.Context(), "otelcol_processor_betrace_stored_state")
		return err == nil && slices.ContainsFunc(samples, func(one collector.Sample) bool {
			return label(one, "part") == "traces" && label(one, "outcome") == "restored" && one.Value == 1
		})
	})
	sendUntilTaken(t, p.grpc, halves[1]...)
	p.decide(t)
	got := byRuleAndKind(p.backend.Violations())
	if want := asAlone.violations; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("violations by rule and kind of trace: %v, not %v; it printed:\n%s", got, want, p.Log())
	}
}

// A storage that is full stops no span and makes no verdict wrong; what could not be stored is counted, and once there is room again
// the state is kept as before.
func TestAFullStorageStopsNoSpan(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("no file system of its own can be mounted here, so none gets full:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p := openPipeline(t, setup{
		rules:   write(t, "rules.yaml", neighbourRules),
		betrace: "    trace:\n      idle_timeout: 3s\n      root_timeout: 1s\n    storage: file_storage\n    storage_interval: 1s\n",
		change:  storedIn(folder),
	})
	until(t, "the state is stored", func() bool { return p.metric(t, "stored_state", `outcome="stored"`) > 0 })
	filler := filepath.Join(folder, "filler")
	fill(t, filler)
	halves := liveTraces()
	send(t, p.grpc, halves[0])
	// Values make the state larger than the room that the storage has had so far.
	for n := range byte(200) {
		send(t, p.grpc, []ptrace.Traces{oneSpan(n, "GET /checkout")})
	}
	until(t, "a part could not be stored", func() bool { return p.metric(t, "stored_state", `outcome="failed"`) > 0 })
	send(t, p.grpc, halves[1])
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	stored := p.metric(t, "stored_state", `outcome="stored"`)
	until(t, "the state is stored again", func() bool { return p.metric(t, "stored_state", `outcome="stored"`) > stored })
	p.decide(t)
	for rule, kinds := range asAlone.violations {
		for kind, want := range kinds {
			got := 0
			for _, v := range p.backend.Violations() {
				if v.Rule == rule && v.Trace[0] == kind && v.Trace[1] != 1 {
					got++
				}
			}
			if got != want {
				t.Errorf("%d violations of %s in traces of kind %d, not %d", got, rule, kind, want)
			}
		}
	}
}

// fill writes until the file system is full.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	block := make([]byte, 4096)
	for {
		if _, err := file.Write(block); err != nil {
			return
		}
	}
}
