//go:build cgo && linux && amd64

package betrace

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// benchmarkRules are a hundred rules over the names and keys of benchmarkTraces.
func benchmarkRules() string {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - id: rule-%d\n    condition: |\n", i)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&text, "      when { operation.number_%d.where(attribute.key.%d > 9000) } always { operation.number_%d }\n", 2*i, i*7, 2*i+1)
		case 1:
			fmt.Fprintf(&text, "      never { operation.number_%d.where(attribute.key.%d == value-7) }\n", 2*i, i*7)
		case 2:
			fmt.Fprintf(&text, "      never { count(operation.number_%d) > 50 }\n", 2*i)
		default:
			fmt.Fprintf(&text, "      never { any.where(attribute.key.%d matches \"^value-99[0-9]{3}$\") }\n", i*7)
		}
	}
	return text.String()
}

// BenchmarkThinAndEvaluate is what the processor adds to a batch: the thin message and its evaluation
// by a hundred rules. Every round is 64 new traces of eight spans; they close as the time passes.
// Whole messages by ProtoMarshaler alone are measured in turns with it.
func BenchmarkThinAndEvaluate(b *testing.B) {
	engine := newTestEngine(b, benchmarkRules())
	wanted, err := engine.Wanted()
	if err != nil {
		b.Fatal(err)
	}
	thin := NewThin(wanted)
	traces := benchmarkTraces(benchmarkSpans, 12)
	now := start
	var buffer []byte
	var round uint64
	var ours, theirs time.Duration
	for b.Loop() {
		renumber(traces, round)
		round++
		now += second / 10
		begun := time.Now()
		buffer = thin.Append(buffer[:0], traces)
		if _, err := engine.Consume(buffer, now); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		_, _ = (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
		ours += middle.Sub(begun)
		theirs += time.Since(middle)
		if round%10 == 0 {
			if err := engine.Tick(now); err != nil {
				b.Fatal(err)
			}
			if _, _, err := engine.TakeViolations(1_000_000); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N)/benchmarkSpans, "ns/span")
	b.ReportMetric(float64(ours)/float64(theirs), "ours/whole")
}

// renumber makes the spans those of 64 other traces, interleaved.
func renumber(traces ptrace.Traces, round uint64) {
	i := uint64(0)
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				trace := round*64 + i%64 + 1
				var id [16]byte
				binary.LittleEndian.PutUint64(id[:], trace)
				span.SetTraceID(id)
				i++
			}
		}
	}
}
