//go:build cgo && linux && amd64

package betrace

import (
	"fmt"
	"runtime"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// BenchmarkShop writes batches of the shop's traffic again and again, thin for the hundred rules and for rules that want one
// attribute, and whole, by the processor's time of this thread: one batch, which stays in the caches, and all.
func BenchmarkShop(b *testing.B) {
	_, wanted, batches := shop(b, benchFolder(b))
	hundred, one := NewThin(wanted), NewThin(Wanted{SpanAttributes: []string{"http.response.status_code"}})
	for _, count := range []int{1, len(batches)} {
		for name, write := range map[string]func([]byte, ptrace.Traces) []byte{
			"hundred": hundred.Append,
			"one":     one.Append,
			"whole": func(_ []byte, batch ptrace.Traces) []byte {
				message, _ := (&ptrace.ProtoMarshaler{}).MarshalTraces(batch)
				return message
			},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, count), func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				var buffer []byte
				spans, bytes := 0, 0
				begun := threadTime()
				for b.Loop() {
					for _, batch := range batches[:count] {
						buffer = write(buffer[:0], batch)
						spans += batch.SpanCount()
						bytes += len(buffer)
					}
				}
				b.ReportMetric(float64(threadTime()-begun)/float64(spans), "cpu-ns/span")
				b.ReportMetric(float64(bytes)/float64(spans), "bytes/span")
			})
		}
	}
}
