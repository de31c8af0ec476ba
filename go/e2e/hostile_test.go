package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/wire"
)

// hostile is input that no rule is meant for and that must pass all the same.
func hostile() []ptrace.Traces {
	var batches []ptrace.Traces
	add := func(fill func(ptrace.ResourceSpans, ptrace.SpanSlice)) {
		batch := ptrace.NewTraces()
		resource := batch.ResourceSpans().AppendEmpty()
		fill(resource, resource.ScopeSpans().AppendEmpty().Spans())
		batches = append(batches, batch)
	}
	// Nothing at all, and nothing inside something.
	batches = append(batches, ptrace.NewTraces())
	add(func(ptrace.ResourceSpans, ptrace.SpanSlice) {})
	add(func(resource ptrace.ResourceSpans, spans ptrace.SpanSlice) {
		resource.Resource().Attributes().PutEmpty("service.name")
		describe(spans.AppendEmpty(), 201, 1, "")
	})
	// Ids of zeros.
	add(func(_ ptrace.ResourceSpans, spans ptrace.SpanSlice) {
		describe(spans.AppendEmpty(), 0, 1, "payment.charge_card")
		describe(spans.AppendEmpty(), 202, 0, "payment.charge_card")
		describe(spans.AppendEmpty(), 0, 0, "payment.charge_card")
	})
	// A span that ends before it starts, one without times, and its own parent.
	add(func(_ ptrace.ResourceSpans, spans ptrace.SpanSlice) {
		backwards := spans.AppendEmpty()
		describe(backwards, 203, 1, "http.retry")
		backwards.SetEndTimestamp(1)
		timeless := spans.AppendEmpty()
		describe(timeless, 203, 2, "http.retry")
		timeless.SetStartTimestamp(0)
		timeless.SetEndTimestamp(0)
		own := spans.AppendEmpty()
		describe(own, 203, 3, "http.retry")
		own.SetParentSpanID(own.SpanID())
	})
	// Attributes of every odd kind.
	add(func(resource ptrace.ResourceSpans, spans ptrace.SpanSlice) {
		resource.Resource().Attributes().PutInt("service.name", 7)
		span := spans.AppendEmpty()
		describe(span, 204, 1, "payment.charge_card")
		attributes := span.Attributes()
		attributes.PutEmpty("amount")
		attributes.PutEmpty("")
		attributes.PutStr("invalid", "a\xff\xfe\x00b")
		attributes.PutEmptyBytes("bytes").FromRaw([]byte{0, 255})
		nested := attributes.PutEmptyMap("amount.map")
		for range 40 {
			nested = nested.PutEmptyMap("deeper")
		}
		list := attributes.PutEmptySlice("amount.list")
		list.AppendEmpty()
		list.AppendEmpty().SetEmptySlice()
		span.Events().AppendEmpty()
		span.Links().AppendEmpty()
		span.SetKind(ptrace.SpanKind(99))
		span.Status().SetCode(ptrace.StatusCode(99))
	})
	// A value of 1 MB, in an attribute and as a name.
	add(func(_ ptrace.ResourceSpans, spans ptrace.SpanSlice) {
		span := spans.AppendEmpty()
		describe(span, 205, 1, strings.Repeat("n", 1<<20))
		span.Attributes().PutStr("amount", strings.Repeat("9", 1<<20))
	})
	return batches
}

func TestHostileInputIsCountedAndHarmless(t *testing.T) {
	t.Parallel()
	p := openPipeline(t, setup{rules: shopRules(t)})
	batches := hostile()
	send(t, p.grpc, batches)
	send(t, p.http, batches)
	// Bytes that are no OTLP are the receiver's to refuse, and cost nothing but themselves.
	for _, body := range []string{"\xff\xff\xff", "{", strings.Repeat("\x0a", 100)} {
		if err := wire.PostOTLP(t.Context(), http.DefaultClient, "http://"+p.Ports.HTTP+"/v1/traces", "application/x-protobuf", []byte(body)); err == nil {
			t.Errorf("%q was taken", body)
		}
	}
	if err := p.WaitDecided(t.Context(), 30*time.Second); err != nil {
		t.Error(err)
	}
	if n := p.metric(t, "spans", `outcome="malformed"`); n != 6 {
		t.Errorf("%v spans were counted as malformed, 6 have zero ids", n)
	}
	counted := p.metric(t, "spans", "")
	if sent := 2 * spanCount(batches); counted != float64(sent) {
		t.Errorf("%v spans were counted of %d", counted, sent)
	}
	p.stop(t)
	if came := p.backend.Spans(); came != 2*spanCount(batches) {
		t.Errorf("%d spans came of %d", came, 2*spanCount(batches))
	}
	for _, v := range p.backend.Violations() {
		t.Errorf("violation of %s in trace %s", v.Rule, v.Trace)
	}
}

// A trace of 100,000 spans passes whole; what rests on absence beyond the limit is inconclusive, what is proved by
// presence still fires.
func TestAGiantTrace(t *testing.T) {
	t.Parallel()
	rules := write(t, "rules.yaml", `
rules:
  - { id: presence, condition: 'never { work.where(last == true) }' }
  - { id: many, condition: 'count(work) > 1000' }
  - { id: absence, condition: 'always { never.comes }' }
`)
	p := openPipeline(t, setup{rules: rules})
	const spans, perBatch = 100_000, 25_000
	for first := 0; first < spans; first += perBatch {
		batch := ptrace.NewTraces()
		resource := batch.ResourceSpans().AppendEmpty()
		resource.Resource().Attributes().PutStr("service.name", "giant")
		out := resource.ScopeSpans().AppendEmpty().Spans()
		out.EnsureCapacity(perBatch)
		for n := first; n < first+perBatch; n++ {
			span := out.AppendEmpty()
			describe(span, 210, 1, "work")
			span.SetSpanID(pcommon.SpanID{1, 0, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)})
			if n > 0 {
				span.SetParentSpanID(pcommon.SpanID{1})
			}
			if n == 10 {
				span.Attributes().PutBool("last", true)
			}
		}
		if err := p.grpc.Send(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.WaitDecided(t.Context(), 30*time.Second); err != nil {
		t.Error(err)
	}
	if over := p.metric(t, "spans", `outcome="over_limit"`); over != spans-20_000 {
		t.Errorf("%v spans were over the limit of 20,000", over)
	}
	if n := p.metric(t, "verdicts", `reason="span_limit"`); n != 1 {
		t.Errorf("%v verdicts are inconclusive for the span limit, want the one that rests on absence", n)
	}
	p.stop(t)
	if came := p.backend.Spans(); came != spans {
		t.Errorf("%d spans came of %d", came, spans)
	}
	broken := map[string]int{}
	for _, v := range p.backend.Violations() {
		broken[v.Rule]++
	}
	if len(broken) != 2 || broken["presence"] != 1 || broken["many"] != 1 {
		t.Errorf("broken: %v", broken)
	}
}

// A trace without a root says nothing about what is absent.
func TestATraceWithoutARootIsInconclusive(t *testing.T) {
	t.Parallel()
	rules := write(t, "rules.yaml", `rules: [ { id: absence, condition: 'always { never.comes }' } ]`)
	p := openPipeline(t, setup{rules: rules})
	batch := ptrace.NewTraces()
	span := batch.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	describe(span, 220, 2, "work")
	span.SetParentSpanID(pcommon.SpanID{1})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := p.http.Send(ctx, batch); err != nil {
		t.Fatal(err)
	}
	if err := p.WaitDecided(ctx, 30*time.Second); err != nil {
		t.Error(err)
	}
	if n := p.metric(t, "verdicts", `reason="no_root"`); n != 1 {
		t.Errorf("%v verdicts are inconclusive for the missing root", n)
	}
	p.stop(t)
	if v := p.backend.Violations(); len(v) != 0 {
		t.Errorf("violations: %v", v)
	}
}
