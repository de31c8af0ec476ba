package betrace

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// benchmarkTraces has the shape of ordinary traffic: about 430 bytes and 12 attributes a span, 200
// span names, 30 services, one span in twenty with an event.
func benchmarkTraces(spans, attributes int) ptrace.Traces {
	random := rand.New(rand.NewPCG(1, 2))
	traces := ptrace.NewTraces()
	var scope ptrace.ScopeSpans
	for i := range spans {
		if i%16 == 0 {
			resource := traces.ResourceSpans().AppendEmpty()
			resource.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", random.IntN(30)))
			resource.Resource().Attributes().PutStr("host.name", "node-17")
			scope = resource.ScopeSpans().AppendEmpty()
			scope.Scope().SetName("go.opentelemetry.io/contrib/instrumentation/net/http")
		}
		span := scope.Spans().AppendEmpty()
		span.SetTraceID(randomID[[16]byte](random))
		span.SetSpanID(randomID[[8]byte](random))
		span.SetParentSpanID(randomID[[8]byte](random))
		span.SetName(fmt.Sprintf("operation.number_%d", random.IntN(200)))
		span.SetKind(ptrace.SpanKindServer)
		span.SetStartTimestamp(pcommon.Timestamp(1_700_000_000_000_000_000 + i))
		span.SetEndTimestamp(pcommon.Timestamp(1_700_000_000_000_100_000 + i))
		for a := range attributes {
			key := fmt.Sprintf("attribute.key.%d", random.IntN(40)*10+a%10)
			if a%3 == 0 {
				span.Attributes().PutInt(key, random.Int64N(10_000))
			} else {
				span.Attributes().PutStr(key, "value-"+fmt.Sprint(random.IntN(1_000)))
			}
		}
		if i%20 == 0 {
			span.Events().AppendEmpty().SetName("exception")
		}
	}
	return traces
}

func benchmarkWanted() Wanted {
	wanted := Wanted{Status: true}
	for i := range 100 {
		wanted.SpanAttributes = append(wanted.SpanAttributes, fmt.Sprintf("attribute.key.%d", i*7))
	}
	return wanted
}

const benchmarkSpans = 512

func BenchmarkThin(b *testing.B) {
	traces := benchmarkTraces(benchmarkSpans, 12)
	thin := NewThin(benchmarkWanted())
	var buffer []byte
	for b.Loop() {
		buffer = thin.Append(buffer[:0], traces)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkSpans, "ns/span")
	b.ReportMetric(float64(len(buffer))/benchmarkSpans, "bytes/span")
}

func BenchmarkProtoMarshaler(b *testing.B) {
	traces := benchmarkTraces(benchmarkSpans, 12)
	var buffer []byte
	for b.Loop() {
		buffer, _ = (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkSpans, "ns/span")
	b.ReportMetric(float64(len(buffer))/benchmarkSpans, "bytes/span")
}

// BenchmarkThinAgainstProtoMarshaler runs both in turns, so that what else the machine does meets
// both alike, and reports thin as a share of whole.
func BenchmarkThinAgainstProtoMarshaler(b *testing.B) {
	traces := benchmarkTraces(benchmarkSpans, 12)
	thin := NewThin(benchmarkWanted())
	var buffer []byte
	var ours, theirs time.Duration
	for b.Loop() {
		begun := time.Now()
		for range 8 {
			buffer = thin.Append(buffer[:0], traces)
		}
		middle := time.Now()
		for range 8 {
			_, _ = (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
		}
		ours += middle.Sub(begun)
		theirs += time.Since(middle)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "thin/whole")
}
