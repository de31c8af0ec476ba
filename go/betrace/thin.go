package betrace

import (
	"encoding/binary"
	"runtime"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace/mark"
)

const serviceName = "service.name"

// Thin writes thin messages: OTLP ExportTraceServiceRequest bytes that carry only what the rules of
// one engine read. The message is valid OTLP, so an engine cannot tell it from a whole one, and by
// the rules' fields it is equal to it. A Thin may be used by several goroutines.
type Thin struct {
	span, resource, scope, event, link keySet
	own                                keySet
	events, links                      bool
	eventNames, eventTimes             bool
	linkIDs                            bool
	status, statusCode, statusMessage  bool
	scopeVersion                       bool
	// expected has what is expected of span's keys, for as many calls at once as there are processors.
	expected chan *expectations
}

// NewThin prepares a writer for what an engine wants.
func NewThin(wanted Wanted) *Thin {
	return &Thin{
		span:          newKeySet(wanted.SpanAttributes...),
		resource:      newKeySet(append([]string{serviceName}, wanted.ResourceAttributes...)...),
		scope:         newKeySet(wanted.InstrumentationAttributes...),
		event:         newKeySet(wanted.EventAttributes...),
		link:          newKeySet(wanted.LinkAttributes...),
		own:           newKeySet(append([]string{mark.ViolationID, mark.Attribute}, wanted.SpanAttributes...)...),
		events:        wanted.EventNames || wanted.EventTimes || len(wanted.EventAttributes) > 0,
		links:         wanted.LinkIDs || len(wanted.LinkAttributes) > 0,
		eventNames:    wanted.EventNames,
		eventTimes:    wanted.EventTimes,
		linkIDs:       wanted.LinkIDs,
		status:        wanted.Status || wanted.StatusMessage,
		statusCode:    wanted.Status,
		statusMessage: wanted.StatusMessage,
		scopeVersion:  wanted.ScopeVersion,
		expected:      make(chan *expectations, runtime.GOMAXPROCS(0)),
	}
}

// Append writes the thin message of traces behind dst and returns the longer slice. It reads traces
// once, keeps nothing of them but copies of keys that it will expect (some 180 KiB at most for each call at once), and allocates
// only for these and where dst has to grow.
func (t *Thin) Append(dst []byte, traces ptrace.Traces) []byte {
	resources := traces.ResourceSpans()
	expected := t.lend()
	defer t.giveBack(expected)
	for i := range resources.Len() {
		resource := resources.At(i)
		var outer int
		dst, outer = openOuter(dst, 0x0a)
		var inner int
		dst, inner = openInner(dst, 0x0a)
		dst = appendAttributes(dst, 0x0a, resource.Resource().Attributes(), &t.resource)
		dst = closeInner(dst, inner)
		scopes := resource.ScopeSpans()
		for j := range scopes.Len() {
			dst = t.appendScope(dst, scopes.At(j), expected)
		}
		closeOuter(dst, outer)
	}
	return dst
}

func (t *Thin) lend() *expectations {
	select {
	case expected := <-t.expected:
		return expected
	default:
		return newExpectations()
	}
}

func (t *Thin) giveBack(expected *expectations) {
	if expected.isStale() {
		return
	}
	select {
	case t.expected <- expected:
	default:
	}
}

func (t *Thin) appendScope(dst []byte, scope ptrace.ScopeSpans, expected *expectations) []byte {
	var outer int
	dst, outer = openOuter(dst, 0x12)
	instrumentation := scope.Scope()
	var inner int
	dst, inner = openInner(dst, 0x0a)
	dst = appendText(dst, 0x0a, instrumentation.Name())
	if t.scopeVersion {
		dst = appendText(dst, 0x12, instrumentation.Version())
	}
	if t.scope.size > 0 {
		dst = appendAttributes(dst, 0x1a, instrumentation.Attributes(), &t.scope)
	}
	dst = closeInner(dst, inner)
	keys := &t.span
	if instrumentation.Name() == mark.Scope {
		keys, expected = &t.own, nil
	}
	spans := scope.Spans()
	for k := range spans.Len() {
		dst = t.appendSpan(dst, spans.At(k), keys, expected)
	}
	closeOuter(dst, outer)
	return dst
}

// headBytes is the most that a span takes up to its attributes, without its name.
const headBytes = 1 + innerLengthBytes + 18 + 10 + 10 + 1 + binary.MaxVarintLen64 + 1 + binary.MaxVarintLen64 + 9 + 9

func (t *Thin) appendSpan(dst []byte, span ptrace.Span, keys *keySet, expected *expectations) []byte {
	name := span.Name()
	dst = slices.Grow(dst, headBytes+len(name))
	outer := len(dst) + 1 + innerLengthBytes
	head := dst[len(dst) : len(dst)+headBytes+len(name)]
	head[0] = 0x12
	n := 1 + innerLengthBytes
	if id := span.TraceID(); !id.IsEmpty() {
		head[n], head[n+1] = 0x0a, 16
		*(*[16]byte)(head[n+2:]) = id
		n += 18
	}
	if id := span.SpanID(); !id.IsEmpty() {
		head[n], head[n+1] = 0x12, 8
		*(*[8]byte)(head[n+2:]) = id
		n += 10
	}
	if id := span.ParentSpanID(); !id.IsEmpty() {
		head[n], head[n+1] = 0x22, 8
		*(*[8]byte)(head[n+2:]) = id
		n += 10
	}
	if name != "" {
		head[n] = 0x2a
		n = putLength(head, n+1, len(name))
		n += copy(head[n:], name)
	}
	if kind := span.Kind(); kind != 0 {
		head[n] = 0x30
		n++
		n += binary.PutUvarint(head[n:], uint64(int64(kind)))
	}
	if start := span.StartTimestamp(); start != 0 {
		head[n] = 0x39
		binary.LittleEndian.PutUint64(head[n+1:], uint64(start))
		n += 9
	}
	if end := span.EndTimestamp(); end != 0 {
		head[n] = 0x41
		binary.LittleEndian.PutUint64(head[n+1:], uint64(end))
		n += 9
	}
	dst = dst[:len(dst)+n]
	switch {
	case keys.size == 0:
	case expected == nil:
		dst = appendAttributes(dst, 0x4a, span.Attributes(), keys)
	default:
		dst = expected.appendExpected(dst, 0x4a, int32(span.Kind()), span.Attributes(), keys)
	}
	if t.events {
		dst = t.appendEvents(dst, span.Events())
	}
	if t.links {
		dst = t.appendLinks(dst, span.Links())
	}
	if t.status {
		dst = t.appendStatus(dst, span.Status())
	}
	return closeInner(dst, outer)
}

func (t *Thin) appendEvents(dst []byte, events ptrace.SpanEventSlice) []byte {
	for i := range events.Len() {
		event := events.At(i)
		var at int
		dst, at = openInner(dst, 0x5a)
		if time := event.Timestamp(); t.eventTimes && time != 0 {
			dst = append(dst, 0x09)
			dst = binary.LittleEndian.AppendUint64(dst, uint64(time))
		}
		if t.eventNames {
			dst = appendText(dst, 0x12, event.Name())
		}
		if t.event.size > 0 {
			dst = appendAttributes(dst, 0x1a, event.Attributes(), &t.event)
		}
		dst = closeInner(dst, at)
	}
	return dst
}

func (t *Thin) appendLinks(dst []byte, links ptrace.SpanLinkSlice) []byte {
	for i := range links.Len() {
		var at int
		link := links.At(i)
		dst, at = openInner(dst, 0x6a)
		if id := link.TraceID(); t.linkIDs && !id.IsEmpty() {
			dst = append(dst, 0x0a, 16)
			dst = append(dst, id[:]...)
		}
		if id := link.SpanID(); t.linkIDs && !id.IsEmpty() {
			dst = append(dst, 0x12, 8)
			dst = append(dst, id[:]...)
		}
		if t.link.size > 0 {
			dst = appendAttributes(dst, 0x22, link.Attributes(), &t.link)
		}
		dst = closeInner(dst, at)
	}
	return dst
}

func (t *Thin) appendStatus(dst []byte, status ptrace.Status) []byte {
	if (!t.statusMessage || status.Message() == "") && (!t.statusCode || status.Code() == 0) {
		return dst
	}
	var at int
	dst, at = openInner(dst, 0x7a)
	if t.statusMessage {
		dst = appendText(dst, 0x12, status.Message())
	}
	if code := status.Code(); t.statusCode && code != 0 {
		dst = append(dst, 0x18)
		dst = binary.AppendUvarint(dst, uint64(int64(code)))
	}
	return closeInner(dst, at)
}

// appendAttributes writes every entry whose key is wanted, duplicates too: which of them counts is
// the engine's to say.
func appendAttributes(dst []byte, tag byte, attributes pcommon.Map, keys *keySet) []byte {
	for key, value := range attributes.All() {
		if wanted := keys.find(key); wanted != nil {
			dst = wanted.appendAttribute(dst, tag, value)
		}
	}
	return dst
}
