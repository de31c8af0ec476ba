//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// sumOf adds up the points of a metric that carry these labels, and fails where there is none.
func sumOf(t *testing.T, telemetry *componenttest.Telemetry, name string, labels ...attribute.KeyValue) float64 {
	t.Helper()
	metric, err := telemetry.GetMetric(name)
	require.NoError(t, err)
	sum, found := 0.0, false
	add := func(set attribute.Set, value float64) {
		for _, label := range labels {
			if got, ok := set.Value(label.Key); !ok || got != label.Value {
				return
			}
		}
		found = true
		sum += value
	}
	switch data := metric.Data.(type) {
	case metricdata.Sum[int64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, float64(point.Value))
		}
	case metricdata.Sum[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, point.Value)
		}
	case metricdata.Gauge[int64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, float64(point.Value))
		}
	case metricdata.Gauge[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, point.Value)
		}
	case metricdata.Histogram[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, float64(point.Count))
		}
	default:
		t.Fatalf("%s is a %T", name, data)
	}
	require.True(t, found, "%s has no point with %v", name, labels)
	return sum
}

const prefix = "otelcol_processor_betrace_"

func label(key, value string) attribute.KeyValue { return attribute.String(key, value) }

func TestMetricVerdictsAndViolations(t *testing.T) {
	b := startBench(t, nil, never, "when { payment.charge } always { payment.fraud_check }")
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "checkout", "payment.bypass_validation")))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(2, "checkout", "payment.charge", "payment.fraud_check")))
	orphan := spansNamed(3, "checkout", "payment.charge")
	orphan.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetParentSpanID(spanID(77))
	require.NoError(t, b.ConsumeTraces(context.Background(), orphan))
	b.tick(t, 70*time.Second)

	verdict := func(rule, verdict, reason string) float64 {
		return b.sum(t, prefix+"verdicts", label("rule", rule), label("verdict", verdict), label("reason", reason))
	}
	require.EqualValues(t, 1, verdict("rule-0", "violated", ""))
	require.EqualValues(t, 1, verdict("rule-0", "satisfied", ""))
	require.EqualValues(t, 1, verdict("rule-0", "inconclusive", "no_root"))
	require.EqualValues(t, 1, verdict("rule-1", "not_applicable", ""))
	require.EqualValues(t, 1, verdict("rule-1", "satisfied", ""))
	require.EqualValues(t, 1, verdict("rule-1", "inconclusive", "no_root"))
	require.EqualValues(t, 1, b.sum(t, prefix+"violations", label("rule", "rule-0"), label("severity", "high")))
	require.EqualValues(t, 0, b.sum(t, prefix+"violations", label("rule", "rule-1"), label("severity", "high")))
}

func TestMetricSpans(t *testing.T) {
	b := startBench(t, nil, "never { a.where(amount > 5000) }")
	batch := spansNamed(1, "a", "b")
	require.NoError(t, b.ConsumeTraces(context.Background(), batch))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a", "b")))
	changed := spansNamed(1, "a")
	changed.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutInt("amount", 77)
	require.NoError(t, b.ConsumeTraces(context.Background(), changed))
	broken := spansNamed(2, "a")
	broken.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{})
	require.NoError(t, b.ConsumeTraces(context.Background(), broken))
	b.tick(t, 20*time.Second)
	late := spansNamed(1, "a", "b", "late")
	require.NoError(t, b.ConsumeTraces(context.Background(), late))
	spans := func(outcome string) float64 { return b.sum(t, prefix+"spans", label("outcome", outcome)) }
	require.EqualValues(t, 2, spans("evaluated"))
	require.EqualValues(t, 1, spans("conflict"))
	require.EqualValues(t, 1, spans("malformed"))
	require.EqualValues(t, 1, spans("late"))
	require.EqualValues(t, 4, spans("duplicate"))
	require.EqualValues(t, 0, spans("own"))
	require.EqualValues(t, 0, spans("over_limit"))
}

func TestMetricsOfWhatComesAfterTheClose(t *testing.T) {
	b := startBench(t, func(c *Config) { c.Trace.LateWindow = time.Minute }, "when { a } always { b }")
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a")))
	b.tick(t, 20*time.Second)
	require.EqualValues(t, 0, b.sum(t, prefix+"violations_contradicted", label("rule", "rule-0")))
	late := spansNamed(1, "late", "b")
	require.NoError(t, b.ConsumeTraces(context.Background(), late))
	require.EqualValues(t, 1, b.sum(t, prefix+"violations_contradicted", label("rule", "rule-0")))
	require.EqualValues(t, 0, b.sum(t, prefix+"traces_returned"))
	b.tick(t, 2*time.Minute)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a")))
	require.EqualValues(t, 1, b.sum(t, prefix+"traces_returned"))
	b.tick(t, 20*time.Second)
	require.EqualValues(t, 1, b.sum(t, prefix+"verdicts", label("reason", "late")))
}

func TestMetricComparisonsUnknown(t *testing.T) {
	b := startBench(t, nil, "never { any.where(note > 5) }")
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a", "b")))
	require.EqualValues(t, 2, b.sum(t, prefix+"comparisons_unknown", label("rule", "rule-0")))
}

func TestMetricSpansMatchedTellsARuleThatNeverApplied(t *testing.T) {
	b := startBench(t, nil, "never { count(a) > 5 }", "never { misspelt }")
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a", "a", "c")))
	b.tick(t, 20*time.Second)
	satisfied := func(rule string) float64 {
		return b.sum(t, prefix+"verdicts", label("rule", rule), label("verdict", "satisfied"))
	}
	require.EqualValues(t, 2, b.sum(t, prefix+"spans_matched", label("rule", "rule-0")))
	require.EqualValues(t, 0, b.sum(t, prefix+"spans_matched", label("rule", "rule-1")))
	require.EqualValues(t, satisfied("rule-0"), satisfied("rule-1"), "which their verdicts do not tell")
}

func TestMetricGauges(t *testing.T) {
	b := startBench(t, func(c *Config) { c.Limits.MemoryMib = 7 }, never, "always { x }")
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a")))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(2, "a")))
	require.EqualValues(t, 2, b.sum(t, prefix+"live_traces"))
	require.EqualValues(t, 7<<20, b.sum(t, prefix+"memory_limit_bytes"))
	require.Positive(t, b.sum(t, prefix+"memory_bytes"))
	require.EqualValues(t, 2, b.sum(t, prefix+"rules_loaded"))
	require.InDelta(t, float64(epoch/1_000_000_000), b.sum(t, prefix+"last_reload_success_time"), 0.001)
	b.tick(t, 20*time.Second)
	require.EqualValues(t, 0, b.sum(t, prefix+"live_traces"))
}

func TestMetricTracesClosedAndShed(t *testing.T) {
	b := startBench(t, func(c *Config) { c.Limits.MemoryMib = 1 }, never, "when { a } always { b }")
	require.EqualValues(t, 0, b.sum(t, prefix+"traces_closed"))
	require.EqualValues(t, 0, b.sum(t, prefix+"traces_shed"))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a", "b")))
	b.tick(t, 20*time.Second)
	require.EqualValues(t, 1, b.sum(t, prefix+"traces_closed"))
	require.EqualValues(t, 0, b.sum(t, prefix+"traces_shed"))
	for trace := range 20_000 {
		require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(trace+2, "a", "b")))
	}
	require.Positive(t, b.sum(t, prefix+"traces_shed"), "20,000 traces do not fit into a MiB")
	require.Equal(t, b.sum(t, prefix+"traces_shed")+1, b.sum(t, prefix+"traces_closed"))
}

func TestMetricDurations(t *testing.T) {
	b := startBench(t, nil, never)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "a")))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(2, "a", "payment.bypass_validation")))
	require.EqualValues(t, 2, b.sum(t, prefix+"evaluation_duration"))
	b.tick(t, 20*time.Second)
	require.EqualValues(t, 2, b.sum(t, prefix+"decision_delay"), "once for each trace, broken early or not")
	metric, err := b.telemetry.GetMetric(prefix + "decision_delay")
	require.NoError(t, err)
	point := metric.Data.(metricdata.Histogram[float64]).DataPoints[0]
	for i, count := range point.BucketCounts {
		if count > 0 {
			// The traces ended at the epoch and were judged 20 seconds later.
			require.Equal(t, 30.0, point.Bounds[i])
		}
	}
	// The spans end a millisecond, and a millisecond and a nanosecond, after the epoch.
	require.InDelta(t, 2*(20-0.001), point.Sum, 1e-6)
	stats, err := b.stats()
	require.NoError(t, err)
	require.Equal(t, stats.DecisionDelay.Bounds, point.Bounds, "metadata.yaml and the engine must have the same bounds")
}

func TestMetricViolationsLostWaitingAndDelivered(t *testing.T) {
	b := startBench(t, nil, never)
	answer := errors.New("no room")
	b.sink.refuse = func(traces ptrace.Traces) error {
		if isViolations(traces) {
			return answer
		}
		return nil
	}
	lost := func(cause string) float64 { return b.sum(t, prefix+"violations_lost", label("cause", cause)) }
	for _, cause := range []string{"queue_full", "refused", "expired", "shutdown"} {
		require.EqualValues(t, 0, lost(cause))
	}
	require.EqualValues(t, 0, b.sum(t, prefix+"violations_delivered"))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	b.clock.waiting(t, firstRetry)
	require.EqualValues(t, 1, b.sum(t, prefix+"violations_waiting"))
	b.sink.mu.Lock()
	answer = nil
	b.sink.mu.Unlock()
	b.clock.turn(firstRetry)
	b.requireViolations(t, "rule-0")
	require.Eventually(t, func() bool { return b.sum(t, prefix+"violations_delivered") == 1 }, 5*time.Second, time.Millisecond)
	require.EqualValues(t, 0, b.sum(t, prefix+"violations_waiting"))

	b.sink.mu.Lock()
	answer = consumererror.NewPermanent(errors.New("never"))
	b.sink.mu.Unlock()
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(2, "payment.bypass_validation")))
	require.Eventually(t, func() bool { return lost("refused") == 1 }, 5*time.Second, time.Millisecond)
	require.EqualValues(t, 0, b.sum(t, prefix+"violations_waiting"))
}
