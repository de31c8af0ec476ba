package betrace

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// project is what a thin message must say, by definition and without the writer: a copy of the
// traces with everything removed that the rules do not read.
func project(traces ptrace.Traces, wanted Wanted) ptrace.Traces {
	out := ptrace.NewTraces()
	traces.CopyTo(out)
	keep := func(attributes pcommon.Map, keys ...string) {
		attributes.RemoveIf(func(key string, _ pcommon.Value) bool { return !slices.Contains(keys, key) })
	}
	for _, resource := range out.ResourceSpans().All() {
		resource.SetSchemaUrl("")
		resource.Resource().SetDroppedAttributesCount(0)
		keep(resource.Resource().Attributes(), append([]string{"service.name"}, wanted.ResourceAttributes...)...)
		for _, scope := range resource.ScopeSpans().All() {
			scope.SetSchemaUrl("")
			scope.Scope().SetDroppedAttributesCount(0)
			keep(scope.Scope().Attributes(), wanted.InstrumentationAttributes...)
			if !wanted.ScopeVersion {
				scope.Scope().SetVersion("")
			}
			for _, span := range scope.Spans().All() {
				projectSpan(span, scope.Scope().Name() == "betrace", wanted, keep)
			}
		}
	}
	return out
}

func projectSpan(span ptrace.Span, own bool, wanted Wanted, keep func(pcommon.Map, ...string)) {
	span.TraceState().FromRaw("")
	span.SetFlags(0)
	span.SetDroppedAttributesCount(0)
	span.SetDroppedEventsCount(0)
	span.SetDroppedLinksCount(0)
	keys := wanted.SpanAttributes
	if own {
		keys = append([]string{"betrace.violation.id"}, keys...)
	}
	keep(span.Attributes(), keys...)
	span.Events().RemoveIf(func(ptrace.SpanEvent) bool {
		return !wanted.EventNames && !wanted.EventTimes && len(wanted.EventAttributes) == 0
	})
	for _, event := range span.Events().All() {
		if !wanted.EventTimes {
			event.SetTimestamp(0)
		}
		event.SetDroppedAttributesCount(0)
		if !wanted.EventNames {
			event.SetName("")
		}
		keep(event.Attributes(), wanted.EventAttributes...)
	}
	span.Links().RemoveIf(func(ptrace.SpanLink) bool { return !wanted.LinkIDs && len(wanted.LinkAttributes) == 0 })
	for _, link := range span.Links().All() {
		if !wanted.LinkIDs {
			link.SetTraceID(pcommon.TraceID{})
			link.SetSpanID(pcommon.SpanID{})
		}
		link.TraceState().FromRaw("")
		link.SetFlags(0)
		link.SetDroppedAttributesCount(0)
		keep(link.Attributes(), wanted.LinkAttributes...)
	}
	if !wanted.Status {
		span.Status().SetCode(0)
	}
	if !wanted.StatusMessage {
		span.Status().SetMessage("")
	}
}

func requireEqualTraces(t *testing.T, want, got ptrace.Traces) {
	t.Helper()
	marshaler := &ptrace.ProtoMarshaler{}
	wantBytes, err := marshaler.MarshalTraces(want)
	require.NoError(t, err)
	gotBytes, err := marshaler.MarshalTraces(got)
	require.NoError(t, err)
	if string(wantBytes) == string(gotBytes) {
		return
	}
	json := &ptrace.JSONMarshaler{}
	wantText, err := json.MarshalTraces(want)
	require.NoError(t, err)
	gotText, err := json.MarshalTraces(got)
	require.NoError(t, err)
	require.Equal(t, string(wantText), string(gotText))
	require.Equal(t, wantBytes, gotBytes)
}

func requireProjection(t *testing.T, traces ptrace.Traces, wanted Wanted) {
	t.Helper()
	thin := NewThin(wanted)
	message := requireProjectionBy(t, thin, traces, wanted)
	require.Equal(t, message, thin.Append(nil, traces), "what came by before changes nothing")
}

func requireProjectionBy(t *testing.T, thin *Thin, traces ptrace.Traces, wanted Wanted) []byte {
	t.Helper()
	message := thin.Append(nil, traces)
	decoded, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	require.NoError(t, err)
	requireEqualTraces(t, project(traces, wanted), decoded)
	return message
}

var keyPool = []string{
	"", "a", "b", "service.name", "http.route", "http.request.method", "betrace.violation.id",
	"order.id", "amount", "processor", "ключ", "a\x00b", "\xff\xfe", strings.Repeat("k", 300),
}

var textPool = []string{"", "x", "GET /orders/{id}", "NaN", "\xc3\x28", strings.Repeat("y", 127), strings.Repeat("z", 128), strings.Repeat("w", 20_000)}

func randomKeys(random *rand.Rand) []string {
	var keys []string
	for _, key := range keyPool {
		if random.IntN(3) == 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

func randomWanted(random *rand.Rand) Wanted {
	coin := func() bool { return random.IntN(2) == 0 }
	return Wanted{
		SpanAttributes: randomKeys(random), ResourceAttributes: randomKeys(random),
		InstrumentationAttributes: randomKeys(random), EventAttributes: randomKeys(random),
		LinkAttributes: randomKeys(random), EventNames: coin(), EventTimes: coin(), LinkIDs: coin(), Status: coin(), StatusMessage: coin(), ScopeVersion: coin(),
	}
}

func randomValue(random *rand.Rand, value pcommon.Value, depth int) {
	text := textPool[random.IntN(len(textPool))]
	switch kinds := 8; random.IntN(kinds) {
	case 0:
	case 1:
		value.SetStr(text)
	case 2:
		value.SetInt([]int64{0, 1, -1, 127, 128, math.MaxInt64, math.MinInt64}[random.IntN(7)])
	case 3:
		value.SetDouble([]float64{0, -0.5, math.Inf(1), math.NaN(), math.MaxFloat64}[random.IntN(5)])
	case 4:
		value.SetBool(random.IntN(2) == 0)
	case 5:
		value.SetEmptyBytes().FromRaw([]byte(text))
	case 6:
		slice := value.SetEmptySlice()
		for range random.IntN(4) {
			element := slice.AppendEmpty()
			if depth > 0 {
				randomValue(random, element, depth-1)
			}
		}
	case 7:
		entries := value.SetEmptyMap()
		if depth > 0 {
			randomAttributes(random, entries, depth-1)
		}
	}
}

func randomAttributes(random *rand.Rand, attributes pcommon.Map, depth int) {
	for range random.IntN(6) {
		randomValue(random, attributes.PutEmpty(keyPool[random.IntN(len(keyPool))]), depth)
	}
}

func randomID[T [16]byte | [8]byte](random *rand.Rand) T {
	var id T
	if random.IntN(5) > 0 {
		for i := range len(id) {
			id[i] = byte(random.Uint32())
		}
	}
	return id
}

func randomTraces(random *rand.Rand) ptrace.Traces {
	traces := ptrace.NewTraces()
	text := func() string { return textPool[random.IntN(len(textPool))] }
	for range random.IntN(4) {
		resource := traces.ResourceSpans().AppendEmpty()
		resource.SetSchemaUrl(text())
		randomAttributes(random, resource.Resource().Attributes(), 2)
		for range random.IntN(4) {
			scope := resource.ScopeSpans().AppendEmpty()
			scope.Scope().SetName([]string{"", "betrace", "otelhttp"}[random.IntN(3)])
			scope.Scope().SetVersion(text())
			randomAttributes(random, scope.Scope().Attributes(), 1)
			for range random.IntN(5) {
				randomSpan(random, scope.Spans().AppendEmpty(), text)
			}
		}
	}
	return traces
}

func randomSpan(random *rand.Rand, span ptrace.Span, text func() string) {
	span.SetTraceID(randomID[[16]byte](random))
	span.SetSpanID(randomID[[8]byte](random))
	span.SetParentSpanID(randomID[[8]byte](random))
	span.TraceState().FromRaw(text())
	span.SetFlags(random.Uint32())
	span.SetName(text())
	span.SetKind(ptrace.SpanKind(random.IntN(7) - 1))
	span.SetStartTimestamp(pcommon.Timestamp(random.Uint64() >> random.IntN(64)))
	span.SetEndTimestamp(pcommon.Timestamp(random.Uint64() >> random.IntN(64)))
	span.SetDroppedAttributesCount(random.Uint32())
	randomAttributes(random, span.Attributes(), 3)
	for range random.IntN(3) {
		event := span.Events().AppendEmpty()
		event.SetName(text())
		event.SetTimestamp(1)
		randomAttributes(random, event.Attributes(), 1)
	}
	for range random.IntN(3) {
		link := span.Links().AppendEmpty()
		link.SetSpanID(randomID[[8]byte](random))
		randomAttributes(random, link.Attributes(), 1)
	}
	span.Status().SetCode(ptrace.StatusCode(random.IntN(4) - 1))
	span.Status().SetMessage(text())
}

func TestThinIsTheProjection(t *testing.T) {
	for seed := range uint64(800) {
		random := rand.New(rand.NewPCG(seed, 1))
		requireProjection(t, randomTraces(random), randomWanted(random))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// A duplicate key is legal on the wire, and which entry counts is the engine's to say.
func TestThinKeepsDuplicateKeys(t *testing.T) {
	entry := []byte("\x4a\x08\x0a\x01a\x12\x03\x0a\x01x" + "\x4a\x08\x0a\x01a\x12\x03\x0a\x01y")
	message := append([]byte{0x12, byte(len(entry))}, entry...)
	message = append([]byte{0x12, byte(len(message))}, message...)
	message = append([]byte{0x0a, byte(len(message))}, message...)
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	require.NoError(t, err)
	require.Equal(t, 2, traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().Len())
	requireProjection(t, traces, Wanted{SpanAttributes: []string{"a"}})
}

func TestThinBoundsDepth(t *testing.T) {
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	value := span.Attributes().PutEmpty("deep")
	for range 100_000 {
		value = value.SetEmptySlice().AppendEmpty()
	}
	message := NewThin(Wanted{SpanAttributes: []string{"deep"}}).Append(nil, traces)
	require.Less(t, len(message), 200)
	_, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message)
	require.NoError(t, err)
}

// Around what a length of two bytes and one of three can say, of a span, an event in it, and both a resource and a scope.
func TestThinWritesWhatIsLarge(t *testing.T) {
	wanted := Wanted{SpanAttributes: []string{"a"}, ResourceAttributes: []string{"a"}, InstrumentationAttributes: []string{"a"}, EventAttributes: []string{"a"}, EventNames: true}
	for _, most := range []int{1 << 14, 1 << 21} {
		for length := most - 64; length < most+2; length++ {
			if most > 1<<14 && length%8 != 0 {
				continue
			}
			traces := ptrace.NewTraces()
			text := strings.Repeat("t", length)
			resource := traces.ResourceSpans().AppendEmpty()
			resource.Resource().Attributes().PutStr("a", text)
			scope := resource.ScopeSpans().AppendEmpty()
			scope.Scope().Attributes().PutStr("a", text)
			scope.Spans().AppendEmpty().SetName("before")
			scope.Spans().AppendEmpty().Attributes().PutStr("a", text)
			event := scope.Spans().AppendEmpty().Events().AppendEmpty()
			event.SetName("e")
			event.Attributes().PutStr("a", text)
			scope.Spans().AppendEmpty().SetName("behind")
			requireProjection(t, traces, wanted)
		}
	}
}

func TestThinAllocatesNothingPerSpan(t *testing.T) {
	traces := benchmarkTraces(64, 12)
	thin := NewThin(benchmarkWanted())
	buffer := thin.Append(nil, traces)
	require.Zero(t, testing.AllocsPerRun(20, func() { buffer = thin.Append(buffer[:0], traces) }))
}

func TestParseWantedRefusesWhatItDoesNotKnow(t *testing.T) {
	wanted, err := ParseWanted([]byte(`{"span_attributes":["a"],"status":true}`))
	require.NoError(t, err)
	require.Equal(t, Wanted{SpanAttributes: []string{"a"}, Status: true}, wanted)
	_, err = ParseWanted([]byte(`{"span_colours":["a"]}`))
	require.ErrorContains(t, err, "span_colours")
}
