package e2e

import (
	"bytes"
	"slices"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/violation"
	"github.com/betracehq/betrace/go/e2e/wire"
)

// What leaves the Collector is what leaves the same pipeline without betrace, byte for byte and in the same order,
// once the violations are set aside.
func TestSpansPassUnchanged(t *testing.T) {
	batches := append(read(t, shopTraces(t)), hostile()...)
	for _, processors := range []string{"", "batch"} {
		for _, protocol := range []string{"grpc", "http"} {
			t.Run(protocol+" "+processors, func(t *testing.T) {
				t.Parallel()
				with, violations := passed(t, setup{rules: shopRules(t), processors: processors}, protocol, batches)
				without, none := passed(t, setup{processors: processors}, protocol, batches)
				if violations == 0 || none != 0 {
					t.Errorf("%d violations with betrace, %d without", violations, none)
				}
				if len(with) != len(without) {
					t.Fatalf("%d pieces came with betrace, %d without", len(with), len(without))
				}
				for i := range with {
					if !bytes.Equal(with[i], without[i]) {
						t.Fatalf("piece %d differs:\n%q\n%q", i, with[i], without[i])
					}
				}
			})
		}
	}
}

// passed sends the batches through a pipeline and returns what came out in order, in pieces that compare: whole
// requests, or single spans with their resource and scope where batch redraws the borders of requests.
func passed(t *testing.T, s setup, protocol string, batches []ptrace.Traces) (pieces [][]byte, violations int) {
	t.Helper()
	p := openPipeline(t, s)
	var marshal ptrace.ProtoMarshaler
	p.backend.OnBatch = func(traces ptrace.Traces) {
		kept := ptrace.NewTraces()
		traces.CopyTo(kept)
		removeViolations(kept)
		if kept.ResourceSpans().Len() == 0 && traces.SpanCount() > 0 {
			return
		}
		if s.processors == "" {
			piece, err := marshal.MarshalTraces(kept)
			if err != nil {
				t.Error(err)
			}
			pieces = append(pieces, piece)
			return
		}
		for _, single := range singles(kept) {
			piece, err := marshal.MarshalTraces(single)
			if err != nil {
				t.Error(err)
			}
			pieces = append(pieces, piece)
		}
	}
	sender := map[string]wire.Sender{"grpc": p.grpc, "http": p.http}[protocol]
	send(t, sender, batches)
	if s.rules != "" {
		p.decide(t)
	}
	p.stop(t)
	return pieces, len(p.backend.Violations())
}

// removeViolations removes violation spans and what they leave empty; what was empty in the input stays.
func removeViolations(traces ptrace.Traces) {
	traces.ResourceSpans().RemoveIf(func(resource ptrace.ResourceSpans) bool {
		removed := false
		resource.ScopeSpans().RemoveIf(func(scope ptrace.ScopeSpans) bool {
			before := scope.Spans().Len()
			scope.Spans().RemoveIf(func(span ptrace.Span) bool { return violation.Is(scope.Scope(), span) })
			emptied := before > 0 && scope.Spans().Len() == 0
			removed = removed || emptied
			return emptied
		})
		return removed && resource.ScopeSpans().Len() == 0
	})
}

// singles takes a batch apart into one batch a span.
func singles(traces ptrace.Traces) []ptrace.Traces {
	var out []ptrace.Traces
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				single := ptrace.NewTraces()
				r := single.ResourceSpans().AppendEmpty()
				resource.Resource().CopyTo(r.Resource())
				r.SetSchemaUrl(resource.SchemaUrl())
				s := r.ScopeSpans().AppendEmpty()
				scope.Scope().CopyTo(s.Scope())
				s.SetSchemaUrl(scope.SchemaUrl())
				span.CopyTo(s.Spans().AppendEmpty())
				out = append(out, single)
			}
		}
	}
	return out
}

// A backend that fails once costs nothing and counts nothing twice: the error reaches the sender, which sends again.
func TestAFailureOfTheNextConsumerIsTheSenders(t *testing.T) {
	rules := write(t, "rules.yaml", `rules: [ { id: twice, condition: 'count(work) > 1' }, { id: once, condition: work } ]`)
	p := openPipeline(t, setup{rules: rules})
	batch := ptrace.NewTraces()
	resource := batch.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "worker")
	span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	describe(span, 1, 1, "work")
	p.sink.FailNext(1)
	again := ptrace.NewTraces()
	batch.CopyTo(again)
	if err := p.grpc.Send(t.Context(), batch); err == nil {
		t.Error("the failure of the backend did not reach the sender")
	}
	if n := p.metric(t, "spans", `outcome="evaluated"`); n != 0 {
		t.Errorf("%v spans were evaluated though none was delivered", n)
	}
	if err := p.grpc.Send(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if err := p.WaitDecided(t.Context(), 20_000_000_000); err != nil {
		t.Error(err)
	}
	if evaluated, duplicate := p.metric(t, "spans", `outcome="evaluated"`), p.metric(t, "spans", `outcome="duplicate"`); evaluated != 1 || duplicate != 0 {
		t.Errorf("%v spans evaluated, %v duplicates", evaluated, duplicate)
	}
	p.stop(t)
	var rulesBroken []string
	for _, v := range p.backend.Violations() {
		rulesBroken = append(rulesBroken, v.Rule)
	}
	if !slices.Equal(rulesBroken, []string{"once"}) {
		t.Errorf("broken: %v", rulesBroken)
	}
}

// describe makes a valid root span.
func describe(span ptrace.Span, trace, id byte, name string) {
	span.SetTraceID(pcommon.TraceID{15: trace})
	span.SetSpanID(pcommon.SpanID{7: id})
	span.SetName(name)
	span.SetStartTimestamp(1_700_000_000_000_000_000)
	span.SetEndTimestamp(1_700_000_000_010_000_000)
}
