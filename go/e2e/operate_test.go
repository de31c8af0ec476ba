package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/wire"
)

// What somebody who operates a Collector with betrace does to it, or sees of it.

const neverBroken = "rules:\n  - id: %s\n    condition: never { %s }\n"

// oneSpan is a trace of one span.
func oneSpan(trace byte, name string) ptrace.Traces {
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{trace, 1})
	span.SetSpanID(pcommon.SpanID{trace, 2})
	span.SetName(name)
	now := pcommon.NewTimestampFromTime(time.Now())
	span.SetStartTimestamp(now)
	span.SetEndTimestamp(now)
	return traces
}

// until waits until what a Collector shows comes true.
func until(t *testing.T, what string, true func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !true() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 seconds", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// reload is a betrace setting that looks at the rules every so often.
func reload(every time.Duration) func(string) string {
	return func(config string) string {
		return strings.Replace(config, "    trace:\n", fmt.Sprintf("      reload_interval: %s\n    trace:\n", every), 1)
	}
}

// replaceFile writes a file as a whole.
func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// An empty rule file is an error with a way out, never the end of the process: at validate, at the start, and when a
// save in place empties it for a moment.
func TestAnEmptyRuleFileEndsNothing(t *testing.T) {
	t.Parallel()
	sane := func(printed string) {
		t.Helper()
		if !strings.Contains(printed, "rules::allow_empty") || strings.Contains(printed, "panic") || strings.Contains(printed, "fatal error") {
			t.Errorf("printed:\n%s", printed)
		}
	}
	empty := write(t, "empty.yaml", "")
	printed, err := validate(t, setup{rules: empty}.config())
	if err == nil {
		t.Error("validate took it")
	}
	sane(printed)
	if _, err := (setup{rules: empty}).start(t, "127.0.0.1:1"); err == nil {
		t.Error("it started")
	} else {
		sane(err.Error())
	}

	rules := write(t, "rules.yaml", fmt.Sprintf(neverBroken, "first", "broken"))
	p := openPipeline(t, setup{rules: rules, change: reload(100 * time.Millisecond)})
	if err := os.Truncate(rules, 0); err != nil {
		t.Fatal(err)
	}
	until(t, "the empty file is refused", func() bool { return p.metric(t, "reload_failing", "") == 1 })
	send(t, p.grpc, []ptrace.Traces{oneSpan(1, "broken")})
	until(t, "the rule in use still fires", func() bool { return p.metric(t, "violations_delivered", "") == 1 })
	replaceFile(t, rules, fmt.Sprintf(neverBroken, "second", "broken"))
	until(t, "the mended file is used", func() bool {
		return p.metric(t, "reload_failing", "") == 0 && p.metric(t, "reloads", `outcome="success"`) == 1
	})
}

// Two pipelines with a processor of one id: every series says of which.
func TestSeriesOfTwoPipelinesAreApart(t *testing.T) {
	t.Parallel()
	p := openPipeline(t, setup{
		rules: write(t, "rules.yaml", fmt.Sprintf(neverBroken, "one", "broken")),
		change: func(config string) string {
			return config + "    traces/second:\n      receivers: [otlp]\n      processors: [betrace]\n      exporters: [otlp_grpc/backend]\n"
		},
	})
	send(t, p.grpc, []ptrace.Traces{oneSpan(1, "fine")})
	samples, err := p.Metrics(t.Context(), "otelcol_processor_betrace_")
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) < 40 {
		t.Errorf("%d series", len(samples))
	}
	for _, sample := range samples {
		if !strings.Contains(sample.Labels, `processor="betrace"`) || !strings.Contains(sample.Labels, `pipeline="traces`) {
			t.Errorf("%s{%s} does not say whose it is", sample.Name, sample.Labels)
		}
	}
	for _, pipeline := range []string{`pipeline="traces"`, `pipeline="traces/second"`} {
		if n := p.metric(t, "spans", `outcome="evaluated",`+pipeline); n != 1 {
			t.Errorf("%s: %v spans", pipeline, n)
		}
	}
}

// deadBackend takes connections and answers nothing.
func deadBackend(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// In front of a backend that answers nothing, batches wait for minutes; a change of rules does not.
func TestRulesChangeInFrontOfADeadBackend(t *testing.T) {
	t.Parallel()
	const interval, changes = 500 * time.Millisecond, 20
	rules := write(t, "rules.yaml", fmt.Sprintf(neverBroken, "first", "broken"))
	running, err := setup{rules: rules, change: reload(interval)}.start(t, deadBackend(t))
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{Collector: running}
	t.Cleanup(func() {
		if err := running.Kill(); err != nil {
			t.Error(err)
		}
	})
	sender, err := wire.DialGRPC(running.Ports.GRPC)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		if err := sender.Close(); err != nil {
			t.Error(err)
		}
	})
	var took []time.Duration
	for change := range changes {
		go func() { _ = sender.Send(ctx, oneSpan(byte(change), "broken")) }()
		// The batch is on its way into the exporter; nothing outside shows when.
		time.Sleep(50 * time.Millisecond)
		replaceFile(t, rules, fmt.Sprintf(neverBroken, "changed", fmt.Sprintf("step%d.where(amount > 5)", change)))
		begun := time.Now()
		until(t, "the change is used", func() bool { return p.metric(t, "reloads", `outcome="success"`) == float64(change+1) })
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	t.Logf("from the save to the use: median %v, longest %v", took[changes/2], took[changes-1])
	if longest := took[changes-1]; longest > interval+time.Second {
		t.Errorf("the longest of %d took %v", changes, longest)
	}
	if judged := p.metric(t, "spans", `outcome="evaluated"`); judged != changes {
		t.Errorf("%v of %d batches were judged", judged, changes)
	}
}

// The health check as the processor's README configures it: 500 while the rules on disk are not those in use.
func TestHealthShowsStaleRules(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(repository(t), "go", "betraceprocessor", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := fencedBlock(t, string(readme), "```yaml health_check\n")
	block = strings.NewReplacer("localhost:13133", "${env:BETRACE_HEALTH}", "1m", "100ms").Replace(block)
	rules := write(t, "rules.yaml", fmt.Sprintf(neverBroken, "first", "broken"))
	look := reload(100 * time.Millisecond)
	p := openPipeline(t, setup{
		rules: rules,
		args:  []string{"--feature-gates=+extension.healthcheck.useComponentStatus"},
		change: func(config string) string {
			return strings.Replace(look(config), "extensions:\n  health_check:\n    endpoint: ${env:BETRACE_HEALTH}\n", block, 1)
		},
	})
	replaceFile(t, rules, "rules: [")
	until(t, "health fails", func() bool {
		_, err := p.Health(t.Context(), "/?verbose")
		return err != nil && strings.Contains(err.Error(), "500")
	})
	replaceFile(t, rules, fmt.Sprintf(neverBroken, "first", "broken"))
	until(t, "health is back", func() bool {
		body, err := p.Health(t.Context(), "/?verbose")
		return err == nil && strings.Contains(body, "processor:betrace")
	})
}

// Violations of an outage arrive when it is over, by themselves where the Collector runs on, and after a restart where
// it has a storage.
func TestViolationsSurviveAnOutageAndARestart(t *testing.T) {
	t.Parallel()
	s := setup{
		rules:   write(t, "rules.yaml", "rules:\n  - id: checked\n    condition: when { charge } always { check }\n"),
		betrace: "    storage: file_storage\n",
		change:  storedIn(t.TempDir()),
	}
	p := openPipeline(t, s)
	arrived := func(n int) func() bool { return func() bool { return len(p.backend.Violations()) == n } }
	outage := func(trace byte) {
		send(t, p.grpc, []ptrace.Traces{oneSpan(trace, "charge")})
		// The spans are through; what rests on the absence of a span is found a second later.
		p.sink.FailNext(1 << 30)
		until(t, "the violation waits", func() bool { return p.metric(t, "violations_waiting", "") == 1 })
	}
	outage(1)
	p.sink.FailNext(0)
	until(t, "it arrives when the outage is over", arrived(1))
	outage(2)
	p.stop(t)
	p.sink.FailNext(0)
	if n := len(p.backend.Violations()); n != 1 {
		t.Errorf("%d violations before the restart", n)
	}
	again, err := s.start(t, p.sink.Address())
	if err != nil {
		t.Fatal(err)
	}
	p.Collector = again
	until(t, "it arrives after the restart", arrived(2))
	if n := p.metric(t, "stored_state", `outcome="restored"`); n != 3 {
		t.Errorf("%v parts were restored, and three were stored: what lives, what waits, and the key of the marks", n)
	}
}
