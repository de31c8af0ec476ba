package e2e

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// A flood of traces fills the state, so the oldest live traces are given up; but none of them is then called broken, and the
// state stays within its bound.
func TestAFloodMakesNoVerdictWrong(t *testing.T) {
	t.Parallel()
	p := openPipeline(t, setup{
		rules: write(t, "rules.yaml", neighbourRules), betrace: "    trace: { idle_timeout: 20s, root_timeout: 20s }\n    limits: { memory_mib: 1 }\n",
	})
	var ends []ptrace.Traces
	for number := range byte(100) {
		first, second := neighbourTrace(healthy, number)
		send(t, p.grpc, []ptrace.Traces{first})
		ends = append(ends, second)
	}
	flood(t, p, 30)
	send(t, p.grpc, ends)
	if shed := p.metric(t, "traces_shed", ""); shed < 100 {
		t.Errorf("only %v traces were given up: that was no flood", shed)
	}
	if held, most := p.metric(t, "memory_bytes", ""), p.metric(t, "memory_limit_bytes", ""); held > most {
		t.Errorf("%v bytes are held, %v may be", held, most)
	}
	if err := p.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	told := verdicts(t, p.Collector)
	p.stop(t)
	if told["audited inconclusive(memory)"] == 0 {
		t.Errorf("told is %v", told)
	}
	for _, v := range p.backend.Violations() {
		t.Errorf("%s is called broken in trace %s", v.Rule, v.Trace)
	}
}

// flood sends thousands of traces of one span each, of which no rule speaks. Each has its root, or it would be given up first.
func flood(t *testing.T, p *pipeline, thousands int) {
	t.Helper()
	for i := range thousands {
		batch := ptrace.NewTraces()
		spans := batch.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for j := range 1000 {
			span := spans.AppendEmpty()
			describe(span, 0, 1, "GET /")
			var id pcommon.TraceID
			id[0] = 99
			binary.BigEndian.PutUint32(id[12:], uint32(i*1000+j))
			span.SetTraceID(id)
		}
		send(t, p.grpc, []ptrace.Traces{batch})
	}
}

// A trace id that is used again is an old trace's: what rests on absence is not told of it, what is there still is.
func TestATraceIDThatIsUsedAgainHidesOnlyAbsence(t *testing.T) {
	t.Parallel()
	p := openPipeline(t, setup{rules: write(t, "rules.yaml", neighbourRules), betrace: "    trace: { idle_timeout: 1s, root_timeout: 1s, late_window: 0s }\n"})
	first, second := neighbourTrace(healthy, 1)
	send(t, p.grpc, []ptrace.Traces{first, second})
	p.await(t, "the first verdict", func(context.Context) bool { return p.metric(t, "verdicts", `verdict="satisfied"`) == 2 })
	again := ptrace.NewTraces()
	spans := again.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for id, name := range map[byte]string{21: "GET /checkout", 22: "fraud.bypass"} {
		span := spans.AppendEmpty()
		describe(span, 1, id, name)
		span.SetTraceID(pcommon.TraceID{0: healthy, 15: 1})
	}
	send(t, p.grpc, []ptrace.Traces{again})
	p.await(t, "a late verdict", func(context.Context) bool { return p.metric(t, "verdicts", `reason="late"`) > 0 })
	p.decide(t)
	var broken []string
	for _, v := range p.backend.Violations() {
		broken = append(broken, v.Rule)
	}
	if strings.Join(broken, " ") != "no-bypass" {
		t.Errorf("broken is called %v", broken)
	}
}
