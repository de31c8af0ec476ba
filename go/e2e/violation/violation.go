// Package violation reads violation spans back and prints them as a person reads them.
package violation

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// SpanRef is a span's identity within one run.
type SpanRef struct {
	Trace pcommon.TraceID
	Span  pcommon.SpanID
}

// Violation is what one violation span says.
type Violation struct {
	Rule, Name, Severity, Hash string
	Clause, ClauseText         string
	Message                    string
	ID                         string
	Count                      int64
	Complete                   bool
	Offender                   string // service.name of the offender
	Trace                      pcommon.TraceID
	Parent                     pcommon.SpanID
	Start, End                 time.Time
	Evidence                   []Evidence
}

// Evidence is one link of a violation span.
type Evidence struct {
	Span SpanRef
	Role string
}

// Is tells a violation span from the spans of applications.
func Is(scope pcommon.InstrumentationScope, span ptrace.Span) bool {
	if scope.Name() != "betrace" {
		return false
	}
	_, ok := span.Attributes().Get("betrace.violation.id")
	return ok
}

// Read reads a violation span.
func Read(span ptrace.Span) Violation {
	text := func(key string) string {
		value, ok := span.Attributes().Get(key)
		if !ok {
			return ""
		}
		return value.AsString()
	}
	v := Violation{
		Rule: text("betrace.rule.id"), Name: text("betrace.rule.name"), Severity: text("betrace.rule.severity"), Hash: text("betrace.rule.hash"),
		Clause: text("betrace.clause"), ClauseText: text("betrace.clause.text"), Message: text("betrace.message"),
		ID: text("betrace.violation.id"), Offender: text("betrace.offender.service.name"),
		Trace: span.TraceID(), Parent: span.ParentSpanID(), Start: span.StartTimestamp().AsTime(), End: span.EndTimestamp().AsTime(),
	}
	if value, ok := span.Attributes().Get("betrace.count"); ok {
		v.Count = value.Int()
	}
	if value, ok := span.Attributes().Get("betrace.trace.complete"); ok {
		v.Complete = value.Bool()
	}
	for _, link := range span.Links().All() {
		role, ok := link.Attributes().Get("betrace.role")
		if !ok {
			continue
		}
		v.Evidence = append(v.Evidence, Evidence{SpanRef{link.TraceID(), link.SpanID()}, role.AsString()})
	}
	// With traces of their own, violations stand in another trace than their evidence.
	if len(v.Evidence) > 0 {
		v.Trace = v.Evidence[0].Span.Trace
	}
	return v
}

// Print writes the violation for a person; describe names a span, as "name (service)", where it is known.
func (v Violation) Print(out io.Writer, describe func(SpanRef) string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "VIOLATED  %s", v.Rule)
	if v.Name != "" && v.Name != v.Rule {
		fmt.Fprintf(&text, "  %s", v.Name)
	}
	fmt.Fprintf(&text, "  [%s]\n", v.Severity)
	fmt.Fprintf(&text, "  trace     %s  in %s, %s, took %s\n", hex.EncodeToString(v.Trace[:]), v.Offender,
		v.Start.UTC().Format("2006-01-02 15:04:05.000"), v.End.Sub(v.Start).Round(time.Microsecond))
	fmt.Fprintf(&text, "  clause    %s { %s }\n", v.Clause, strings.Join(strings.Fields(v.ClauseText), " "))
	fmt.Fprintf(&text, "  message   %s\n", v.Message)
	for i, evidence := range v.Evidence {
		label := "evidence"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&text, "  %-8s  %-8s %s  span %s\n", label, evidence.Role, describe(evidence.Span), hex.EncodeToString(evidence.Span.Span[:]))
	}
	text.WriteByte('\n')
	_, err := io.WriteString(out, text.String())
	return err
}
