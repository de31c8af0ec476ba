// Package backend keeps what comes out of a Collector under test: it counts the spans of applications, remembers
// what each is called, and sets violations aside.
package backend

import (
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/violation"
)

// Backend takes every batch; its methods may be called from any goroutine.
type Backend struct {
	// OnViolation is called for each new violation, one at a time; nil: they are only kept.
	OnViolation func(violation.Violation)
	// OnBatch is called for each request as it came, before it is looked at; nil: nothing.
	OnBatch func(ptrace.Traces)

	mu         sync.Mutex
	known      map[violation.SpanRef]bool // violation spans that were in the input already
	names      map[violation.SpanRef]string
	spans      int
	violations []violation.Violation
}

// New returns an empty backend.
func New() *Backend {
	return &Backend{known: map[violation.SpanRef]bool{}, names: map[violation.SpanRef]string{}}
}

// Expect notes the violation spans of an input batch: a recording may hold some, and they are not this run's.
func (b *Backend) Expect(traces ptrace.Traces) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				if violation.Is(scope.Scope(), span) {
					b.known[violation.SpanRef{Trace: span.TraceID(), Span: span.SpanID()}] = true
				}
			}
		}
	}
}

// Receive takes one batch.
func (b *Backend) Receive(traces ptrace.Traces) {
	if b.OnBatch != nil {
		b.OnBatch(traces)
	}
	var fresh []violation.Violation
	b.mu.Lock()
	for _, resource := range traces.ResourceSpans().All() {
		service := "unknown service"
		if name, ok := resource.Resource().Attributes().Get("service.name"); ok {
			service = name.AsString()
		}
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				ref := violation.SpanRef{Trace: span.TraceID(), Span: span.SpanID()}
				if violation.Is(scope.Scope(), span) && !b.known[ref] {
					fresh = append(fresh, violation.Read(span))
					continue
				}
				b.spans++
				b.names[ref] = fmt.Sprintf("%s (%s)", span.Name(), service)
			}
		}
	}
	b.violations = append(b.violations, fresh...)
	b.mu.Unlock()
	if b.OnViolation != nil {
		for _, v := range fresh {
			b.OnViolation(v)
		}
	}
}

// Describe names a span that passed by, as "name (service)".
func (b *Backend) Describe(ref violation.SpanRef) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name, ok := b.names[ref]; ok {
		return name
	}
	return "a span that did not come by"
}

// Spans is how many spans of applications came.
func (b *Backend) Spans() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spans
}

// Violations are those that came so far, in the order of their coming.
func (b *Backend) Violations() []violation.Violation {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]violation.Violation(nil), b.violations...)
}
