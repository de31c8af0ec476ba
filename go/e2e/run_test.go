package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/betracehq/betrace/go/e2e/wire"
)

// runner runs the program behind `make run` as make does.
func runner(t *testing.T, arguments ...string) (printed string, exit int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), built(t, "target/bin/run", "runner"), arguments...)
	command.Dir = repository(t)
	out, err := command.CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		exit = failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), exit
}

func TestRunPrintsWhatItFound(t *testing.T) {
	t.Parallel()
	printed, exit := runner(t)
	if exit != 0 {
		t.Errorf("exit %d", exit)
	}
	for rule := range shopFaults {
		if !strings.Contains(printed, "VIOLATED  "+rule) {
			t.Errorf("%s is not reported", rule)
		}
	}
	for _, part := range []string{"  trace     ", "  clause    never { payment.bypass_validation }", "  message   ", "trigger  payment.charge_card (payment)"} {
		if !strings.Contains(printed, part) {
			t.Errorf("no line has %q", part)
		}
	}
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	closing := regexp.MustCompile(`^(\d+) spans in, (\d+) spans out, (\d+) violations$`).FindStringSubmatch(lines[len(lines)-1])
	if closing == nil || closing[1] != closing[2] {
		t.Errorf("the closing line is %q", lines[len(lines)-1])
	}
	if t.Failed() {
		t.Log(printed)
	}
}

func TestRunTakesOthersFiles(t *testing.T) {
	t.Parallel()
	rules := write(t, "mine.yaml", `rules: [ { id: mine, condition: 'never { audit.log }', message: "found {count}" } ]`)
	printed, exit := runner(t, "-rules", rules, "-traces", filepath.Join(shopTraces(t), "retry-storm.jsonl"), "-protocol", "http")
	if exit != 0 || !strings.Contains(printed, "VIOLATED  mine") || strings.Contains(printed, "retry-storm  ") {
		t.Errorf("exit %d:\n%s", exit, printed)
	}
}

func TestRunNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	broken := write(t, "broken.jsonl", `{"resourceSpans":[]}`+"\n"+`{"resourceSpans":[{"scopeSpans":`+"\n")
	faulty := write(t, "faulty.yaml", faultyRules)
	for name, try := range map[string]struct {
		arguments []string
		says      string
	}{
		"rules":  {[]string{"-rules", "nowhere"}, "nowhere"},
		"faults": {[]string{"-rules", faulty}, "faulty.yaml:6"},
		"traces": {[]string{"-traces", "nowhere"}, "nowhere"},
		"input":  {[]string{"-traces", broken}, "request 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed, exit := runner(t, try.arguments...)
			if exit != 1 || !strings.Contains(printed, try.says) {
				t.Errorf("exit %d:\n%s", exit, printed)
			}
		})
	}
}

// The shop itself, live: both transports, several exporters at once, spans of one trace in many batches.
func TestTheShopLive(t *testing.T) {
	for protocol, fault := range map[string]string{"grpc": "-missing-audit", "http": "-unapproved-tool"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			p := openPipeline(t, setup{rules: shopRules(t), processors: "batch"})
			endpoint := p.Ports.GRPC
			if protocol == "http" {
				endpoint = p.Ports.HTTP
			}
			shop := exec.CommandContext(t.Context(), built(t, "target/bin/demoshop", "test"),
				"-endpoint", endpoint, "-protocol", protocol, "-requests", "30", fault)
			shop.Env = []string{"PATH=" + os.Getenv("PATH")}
			if out, err := shop.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if err := p.WaitDecided(t.Context(), time.Minute); err != nil {
				t.Error(err)
			}
			p.stop(t)
			rule := map[string]string{"grpc": "personal-data-is-audited", "http": "sensitive-tools-are-approved"}[protocol]
			traces := map[string]bool{}
			for _, v := range p.backend.Violations() {
				if v.Rule != rule {
					t.Errorf("%s in %s", v.Rule, v.Trace)
				}
				traces[v.Trace.String()] = true
			}
			// Of every ten requests two ask for a profile and one for a refund.
			want := map[string]int{"grpc": 6, "http": 3}[protocol]
			if len(traces) != want || len(p.backend.Violations()) != want {
				t.Errorf("%d violations in %d traces, want %d", len(p.backend.Violations()), len(traces), want)
			}
		})
	}
}

// Violations go out before the process ends, and what was not decided is said to be so.
func TestShutdownFlushes(t *testing.T) {
	t.Parallel()
	rules := write(t, "rules.yaml", `rules: [ { id: early, condition: work }, { id: waiting, condition: 'always { never.comes }' } ]`)
	p := openPipeline(t, setup{rules: rules, betrace: "    trace:\n      idle_timeout: 1h\n      max_age: 2h\n      forget_after: 3h\n"})
	var sender wire.Sender = p.grpc
	send(t, sender, read(t, filepath.Join(shopTraces(t), "retry-storm.jsonl")))
	batch := hostile()[2]
	batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetName("work")
	send(t, sender, append(hostile()[:0], batch))
	p.stop(t)
	found := p.backend.Violations()
	if len(found) != 1 || found[0].Rule != "early" {
		t.Errorf("violations: %v", found)
	}
}
