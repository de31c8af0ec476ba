package e2e

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/violation"
)

// placed is a span with the resource it came from.
type placed struct {
	ptrace.Span
	resource pcommon.Resource
}

// identity is what makes two copies one span: exporters that try again send copies.
type identity struct {
	trace   pcommon.TraceID
	span    pcommon.SpanID
	kind    ptrace.SpanKind
	service string
}

// tracesOf groups the spans of all batches; of copies the first counts.
func tracesOf(batches []ptrace.Traces) map[pcommon.TraceID][]placed {
	traces := map[pcommon.TraceID][]placed{}
	seen := map[identity]bool{}
	for _, batch := range batches {
		for _, resource := range batch.ResourceSpans().All() {
			service, _ := resource.Resource().Attributes().Get("service.name")
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					is := identity{span.TraceID(), span.SpanID(), span.Kind(), service.AsString()}
					if seen[is] {
						continue
					}
					seen[is] = true
					traces[span.TraceID()] = append(traces[span.TraceID()], placed{span, resource.Resource()})
				}
			}
		}
	}
	return traces
}

func some(trace []placed, is func(placed) bool) bool { return slices.ContainsFunc(trace, is) }

func has(trace []placed, name string) bool {
	return some(trace, func(s placed) bool { return s.Name() == name })
}

func attribute(s placed, key string) string {
	value, ok := s.Attributes().Get(key)
	if !ok {
		return ""
	}
	return value.AsString()
}

// shopFaults is an independent reading of testdata/rules/shop.yaml, in Go, over whole traces.
var shopFaults = map[string]func([]placed) bool{
	"high-value-payment": func(trace []placed) bool {
		large := some(trace, func(s placed) bool {
			amount, ok := s.Attributes().Get("amount")
			return s.Name() == "payment.charge_card" && ok && amount.Double() > 1000
		})
		return large && (!has(trace, "payment.fraud_check") || has(trace, "payment.bypass_validation"))
	},
	"personal-data-is-audited": func(trace []placed) bool {
		read := some(trace, func(s placed) bool {
			return s.Name() == "database.query_pii" && attribute(s, "data.contains_pii") == "true"
		})
		return read && (!has(trace, "auth.validate") || !has(trace, "audit.log"))
	},
	"retry-storm": func(trace []placed) bool {
		retries := 0
		for _, s := range trace {
			if s.Name() == "http.retry" {
				retries++
			}
		}
		return retries > 3
	},
	"admin-access-is-authorised": func(trace []placed) bool {
		admin := some(trace, func(s placed) bool {
			return s.Kind() == ptrace.SpanKindServer && strings.HasPrefix(attribute(s, "http.route"), "/admin/")
		})
		return admin && (!has(trace, "auth.check_admin") || has(trace, "auth.bypass"))
	},
	"sensitive-tools-are-approved": func(trace []placed) bool {
		ran := some(trace, func(s placed) bool { return s.Name() == "execute_tool issue_refund" })
		approved := some(trace, func(s placed) bool {
			return s.Name() == "agent.approve_tool" && attribute(s, "approval.granted") == "true"
		})
		return ran && !approved
	},
}

// broken lists "rule trace" for every rule that a trace breaks.
func broken(batches []ptrace.Traces) []string {
	var found []string
	for id, trace := range tracesOf(batches) {
		for rule, breaks := range shopFaults {
			if breaks(trace) {
				found = append(found, rule+" "+hex.EncodeToString(id[:]))
			}
		}
	}
	slices.Sort(found)
	return found
}

func reported(violations []violation.Violation) []string {
	var found []string
	for _, v := range violations {
		found = append(found, v.Rule+" "+hex.EncodeToString(v.Trace[:]))
	}
	slices.Sort(found)
	return found
}

// Each recorded fault is found, in exactly the traces that have it; healthy traffic is silent.
func TestTheShopsFaultsAreFound(t *testing.T) {
	of := map[string]string{
		"healthy.jsonl.zst": "", "skipped-fraud-check.jsonl": "high-value-payment", "missing-audit-record.jsonl": "personal-data-is-audited",
		"retry-storm.jsonl": "retry-storm", "unauthorised-access.jsonl": "admin-access-is-authorised", "unapproved-tool.jsonl": "sensitive-tools-are-approved",
	}
	for file, rule := range of {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			batches := read(t, filepath.Join(shopTraces(t), file))
			want := broken(batches)
			for _, line := range want {
				if !strings.HasPrefix(line, rule+" ") {
					t.Errorf("the recording breaks another rule: %s", line)
				}
			}
			if (rule == "") != (len(want) == 0) {
				t.Fatalf("the recording has %d faults", len(want))
			}
			p := openPipeline(t, setup{rules: shopRules(t)})
			send(t, p.grpc, batches)
			p.decide(t)
			if got := reported(p.backend.Violations()); !slices.Equal(got, want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// A violation span carries everything that it promises, and every promise is checked against the trace it is about.
func TestViolationSpansAreComplete(t *testing.T) {
	t.Parallel()
	batches := read(t, shopTraces(t))
	traces := tracesOf(batches)
	p := openPipeline(t, setup{rules: shopRules(t)})
	var problems []string
	seen := map[string]bool{}
	p.backend.OnBatch = func(out ptrace.Traces) {
		for _, resource := range out.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					if !violation.Is(scope.Scope(), span) {
						continue
					}
					about := fmt.Sprintf("%s in %s: ", span.Attributes().AsRaw()["betrace.rule.id"], span.TraceID())
					for _, problem := range incomplete(resource.Resource(), span, traces[span.TraceID()]) {
						problems = append(problems, about+problem)
					}
					if seen[violation.Read(span).ID] {
						problems = append(problems, about+"its id came before")
					}
					seen[violation.Read(span).ID] = true
				}
			}
		}
	}
	send(t, p.http, batches)
	p.decide(t)
	for _, problem := range problems {
		t.Error(problem)
	}
	if len(seen) == 0 {
		t.Error("no violation came")
	}
}

// summary is the status message that a violation span should have: which rule was broken, then what happened.
func summary(span ptrace.Span) string {
	about := placed{Span: span}
	rule, name := attribute(about, "betrace.rule.id"), attribute(about, "betrace.rule.name")
	if name != rule {
		name = rule + " (" + name + ")"
	}
	return name + ": " + strings.TrimPrefix(attribute(about, "betrace.message"), "rule "+rule+" violated: ")
}

// incomplete lists what is wrong with a violation span.
func incomplete(resource pcommon.Resource, span ptrace.Span, trace []placed) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if service, _ := resource.Attributes().Get("service.name"); service.AsString() != "betrace" {
		wrong("service.name is %q", service.AsString())
	}
	if span.Name() != "betrace.violation" {
		wrong("its name is %q", span.Name())
	}
	if span.Status().Code() != ptrace.StatusCodeError || span.Status().Message() == "" {
		wrong("its status is %v %q", span.Status().Code(), span.Status().Message())
	}
	kinds := map[string]pcommon.ValueType{
		"betrace.rule.id": pcommon.ValueTypeStr, "betrace.rule.name": pcommon.ValueTypeStr, "betrace.rule.severity": pcommon.ValueTypeStr,
		"betrace.rule.hash": pcommon.ValueTypeStr, "betrace.clause": pcommon.ValueTypeStr,
		"betrace.clause.text": pcommon.ValueTypeStr, "betrace.message": pcommon.ValueTypeStr, "betrace.violation.id": pcommon.ValueTypeStr,
		"betrace.count": pcommon.ValueTypeInt, "betrace.trace.complete": pcommon.ValueTypeBool, "betrace.offender.service.name": pcommon.ValueTypeStr,
	}
	kinds["betrace.rule.tags"] = pcommon.ValueTypeSlice
	rule := attribute(placed{Span: span}, "betrace.rule.id")
	if rule != "retry-storm" && rule != "sensitive-tools-are-approved" {
		kinds["betrace.compliance.frameworks"] = pcommon.ValueTypeSlice
		kinds["betrace.compliance.controls"] = pcommon.ValueTypeSlice
	}
	for key, kind := range kinds {
		value, ok := span.Attributes().Get(key)
		if !ok || value.Type() != kind || value.AsString() == "" {
			wrong("%s is %q of type %v", key, value.AsString(), value.Type())
		}
	}
	if clause := attribute(placed{Span: span}, "betrace.clause"); !slices.Contains([]string{"always", "never", "pattern"}, clause) {
		wrong("its clause is %q", clause)
	}
	if want := summary(span); span.Status().Message() != want {
		wrong("its status message is %q, not %q", span.Status().Message(), want)
	}

	byID := map[pcommon.SpanID]placed{}
	first, last := time.Time{}, time.Time{}
	services := map[string]bool{}
	for _, s := range trace {
		byID[s.SpanID()] = s
		if start := s.StartTimestamp().AsTime(); first.IsZero() || start.Before(first) {
			first = start
		}
		if end := s.EndTimestamp().AsTime(); end.After(last) {
			last = end
		}
		service, _ := s.resource.Attributes().Get("service.name")
		services[service.AsString()] = true
	}
	start, end := span.StartTimestamp().AsTime(), span.EndTimestamp().AsTime()
	if start.Before(first) || end.After(last) || end.Before(start) {
		wrong("it lasts from %v to %v, the trace from %v to %v", start, end, first, last)
	}
	if parent, ok := byID[span.ParentSpanID()]; ok && (start != parent.StartTimestamp().AsTime() || end != parent.EndTimestamp().AsTime()) {
		wrong("it lasts from %v to %v, its parent from %v to %v", start, end, parent.StartTimestamp().AsTime(), parent.EndTimestamp().AsTime())
	}
	if span.Events().Len() != span.Links().Len() {
		wrong("it shows %d spans as links and %d as events", span.Links().Len(), span.Events().Len())
	}
	if offender := attribute(placed{Span: span}, "betrace.offender.service.name"); !services[offender] {
		wrong("the offender's service is %q", offender)
	}
	roles := map[string]int{}
	for _, link := range span.Links().All() {
		role, _ := link.Attributes().Get("betrace.role")
		roles[role.AsString()]++
		if _, ok := byID[link.SpanID()]; !ok || link.TraceID() != span.TraceID() {
			wrong("it links to a span outside the trace")
		}
		if !slices.Contains([]string{"trigger", "witness", "offender"}, role.AsString()) {
			wrong("it has evidence of role %q", role.AsString())
		}
		if role.AsString() == "trigger" && link.SpanID() != span.ParentSpanID() {
			wrong("its parent is not its trigger")
		}
		reference, marked := link.Attributes().Get("opentracing.ref_type")
		if isParent := link.SpanID() == span.ParentSpanID(); marked != isParent || isParent && reference.Str() != "child_of" {
			wrong("its link to %s says it is %q", link.SpanID(), reference.AsString())
		}
	}
	if roles["trigger"]+roles["offender"] == 0 {
		wrong("it has no evidence")
	}
	if _, ok := byID[span.ParentSpanID()]; !ok {
		wrong("its parent is not in the trace")
	}
	return problems
}
