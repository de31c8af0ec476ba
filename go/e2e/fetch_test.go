package e2e

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// What `betrace fetch` brings out of a real Jaeger is what was sent into it: every rule says the same of both, violation by
// violation, with small pages too.
func TestWhatIsFetchedFromJaegerIsWhatWasSent(t *testing.T) {
	t.Parallel()
	stored := openJaeger(t)
	batches := read(t, shopTraces(t))
	send(t, dialGRPC(t, stored.Ports.GRPC), batches)
	first, last := between(batches)
	betrace := built(t, "target/release/betrace", "cli")
	said := func(traces string) []string {
		out, err := exec.CommandContext(t.Context(), betrace, "replay", "--format", "json", "--rules", shopRules(t), traces).Output()
		// Exit 1: something was found.
		if code, ok := err.(*exec.ExitError); err != nil && (!ok || code.ExitCode() != 1) {
			t.Fatalf("%v:\n%s", err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		slices.Sort(lines)
		return lines
	}
	want := said(shopTraces(t))
	if len(want) < 10 {
		t.Fatalf("the recordings say %v", want)
	}
	for _, page := range []string{"7", "100"} {
		fetched := filepath.Join(t.TempDir(), "fetched.jsonl")
		command := exec.CommandContext(t.Context(), betrace, "fetch", "jaeger", "http://"+stored.Ports.HTTP, "--page", page,
			"--from", first.UTC().Format(time.RFC3339), "--to", last.UTC().Add(time.Second).Format(time.RFC3339), "--output", fetched)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("pages of %s: %v:\n%s", page, err, out)
		}
		if got := said(fetched); !slices.Equal(got, want) {
			t.Errorf("pages of %s: fetched say\n%s\nand the recordings\n%s", page, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// between is when the first span begins and the last one.
func between(batches []ptrace.Traces) (first, last time.Time) {
	for _, spans := range tracesOf(batches) {
		for _, span := range spans {
			begun := span.StartTimestamp().AsTime()
			if first.IsZero() || begun.Before(first) {
				first = begun
			}
			if begun.After(last) {
				last = begun
			}
		}
	}
	return first, last
}
