package violation

import (
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func sample() ptrace.ScopeSpans {
	scope := ptrace.NewScopeSpans()
	scope.Scope().SetName("betrace")
	span := scope.Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{0xab})
	span.SetParentSpanID(pcommon.SpanID{1})
	span.SetStartTimestamp(1_700_000_000_000_000_000)
	span.SetEndTimestamp(1_700_000_000_002_500_000)
	for key, value := range map[string]string{
		"betrace.rule.id": "checked", "betrace.rule.name": "Payments are checked", "betrace.rule.severity": "high",
		"betrace.clause": "always", "betrace.clause.text": "payment\n  .check", "betrace.message": "not checked",
		"betrace.violation.id": "0f", "betrace.offender.service.name": "payment",
	} {
		span.Attributes().PutStr(key, value)
	}
	span.Attributes().PutInt("betrace.count", 2)
	span.Attributes().PutBool("betrace.trace.complete", true)
	for id, role := range map[byte]string{1: "trigger"} {
		link := span.Links().AppendEmpty()
		link.SetTraceID(pcommon.TraceID{0xab})
		link.SetSpanID(pcommon.SpanID{id})
		link.Attributes().PutStr("betrace.role", role)
	}
	// A link without a role is not evidence.
	span.Links().AppendEmpty()
	return scope
}

func TestAViolationIsPrintedForAPerson(t *testing.T) {
	var out strings.Builder
	v := Read(sample().Spans().At(0))
	if err := v.Print(&out, func(ref SpanRef) string { return "payment.charge (payment)" }); err != nil {
		t.Fatal(err)
	}
	want := `VIOLATED  checked  Payments are checked  [high]
  trace     ab000000000000000000000000000000  in payment, 2023-11-14 22:13:20.000, took 2.5ms
  clause    always { payment .check }
  message   not checked
  evidence  trigger  payment.charge (payment)  span 0100000000000000

`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if v.Count != 2 || !v.Complete || v.ID != "0f" || len(v.Evidence) != 1 {
		t.Errorf("read %+v", v)
	}
}

func TestOnlyViolationSpansAreTaken(t *testing.T) {
	scope := sample()
	span := scope.Spans().At(0)
	if !Is(scope.Scope(), span) {
		t.Error("a violation span was not known")
	}
	scope.Scope().SetName("application")
	if Is(scope.Scope(), span) {
		t.Error("a span of another scope was taken")
	}
	scope.Scope().SetName("betrace")
	span.Attributes().Remove("betrace.violation.id")
	if Is(scope.Scope(), span) {
		t.Error("a span without an id was taken")
	}
}
