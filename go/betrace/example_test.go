//go:build cgo && linux && amd64

package betrace_test

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace"
)

// Rules in, spans and the time in, violations out.
func Example() {
	text := "rules:\n  - id: no-bypass\n    condition: never { payment.bypass_validation }\n"
	rules, err := betrace.Compile([]betrace.Source{{Name: "shop.yaml", Text: []byte(text)}})
	if err != nil {
		panic(err)
	}
	defer rules.Close()
	begun := time.Date(2026, 11, 21, 9, 55, 22, 0, time.UTC)
	now := uint64(begun.UnixNano())
	engine, err := betrace.NewEngine(rules, betrace.DefaultSettings(), now)
	if err != nil {
		panic(err)
	}
	defer engine.Close()

	// What the rules read decides what is written for the engine.
	wanted, err := engine.Wanted()
	if err != nil {
		panic(err)
	}
	thin := betrace.NewThin(wanted)

	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{1})
	span.SetSpanID(pcommon.SpanID{2})
	span.SetName("payment.bypass_validation")
	span.SetStartTimestamp(pcommon.Timestamp(now))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(begun.Add(time.Second)))

	pending, err := engine.Consume(thin.Append(nil, traces), now)
	if err != nil {
		panic(err)
	}
	message, count, err := engine.TakeViolations(pending)
	if err != nil {
		panic(err)
	}
	violations, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	if err != nil {
		panic(err)
	}
	violation := violations.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	rule, _ := violation.Attributes().Get("betrace.rule.id")
	fmt.Println(count, violation.Name(), rule.Str())
	// Output: 1 betrace.violation no-bypass
}
