package backend

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/violation"
)

func batch(scope string, ids ...byte) ptrace.Traces {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "shop")
	spans := resource.ScopeSpans().AppendEmpty()
	spans.Scope().SetName(scope)
	for _, id := range ids {
		span := spans.Spans().AppendEmpty()
		span.SetName("work")
		span.SetSpanID(pcommon.SpanID{id})
		span.Attributes().PutStr("betrace.violation.id", "x")
	}
	return traces
}

func TestViolationsAreSetAside(t *testing.T) {
	b := New()
	fresh := 0
	b.OnViolation = func(violation.Violation) { fresh++ }
	// A violation that was in the input passes as a span.
	b.Expect(batch("betrace", 3))
	b.Receive(batch("shop", 1, 2))
	b.Receive(batch("betrace", 3, 4))
	if b.Spans() != 3 || len(b.Violations()) != 1 || fresh != 1 {
		t.Errorf("%d spans, %d violations, %d reported", b.Spans(), len(b.Violations()), fresh)
	}
	if name := b.Describe(violation.SpanRef{Span: pcommon.SpanID{1}}); name != "work (shop)" {
		t.Errorf("described as %q", name)
	}
	if name := b.Describe(violation.SpanRef{Span: pcommon.SpanID{9}}); name != "a span that did not come by" {
		t.Errorf("described as %q", name)
	}
}
