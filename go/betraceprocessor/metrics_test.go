//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadatatest"
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

// instanceHost is a host as the Collector makes one: it knows as which instance its component was started.
type instanceHost struct {
	component.Host
	InstanceID *componentstatus.InstanceID
}

// Two pipelines with a processor each, of one id or of two: every series says whose it is, and none is shared.
func TestEverySeriesSaysWhoseItIs(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { require.NoError(t, telemetry.Shutdown(context.Background())) }()
	series := newShared(verdictSeries)
	places := [][2]string{{"betrace", "traces"}, {"betrace", "traces/second"}, {"betrace/other", "traces/second"}}
	for i, place := range places {
		config := createDefaultConfig().(*Config)
		config.Rules.Inline = inlineRules(never, "over 1m never { traces(a) > 9 }", "over 1m never { sum(a, size) > 9 }")
		set := metadatatest.NewSettings(telemetry)
		require.NoError(t, set.ID.UnmarshalText([]byte(place[0])))
		var in pipeline.ID
		require.NoError(t, in.UnmarshalText([]byte(place[1])))
		host := &instanceHost{componenttest.NewNopHost(), componentstatus.NewInstanceID(set.ID, component.KindProcessor, in)}
		p := newProcessor(set, config, &sink{}, newManualClock(), series)
		require.NoError(t, p.Start(context.Background(), host))
		defer func() { require.NoError(t, p.Shutdown(context.Background())) }()
		for trace := range i + 1 {
			require.NoError(t, p.ConsumeTraces(context.Background(), spansNamed(trace, "a")))
		}
		p.running.Load().metrics.countStored(storedTraces, partStored)
	}
	for i, place := range places {
		require.EqualValues(t, i+1, sumOf(t, telemetry, prefix+"live_traces", label("processor", place[0]), label("pipeline", place[1])))
	}
	// Every metric of metadata.yaml, or one that was forgotten is found here.
	var all metricdata.ResourceMetrics
	require.NoError(t, telemetry.Reader.Collect(context.Background(), &all))
	seen := 0
	for _, scope := range all.ScopeMetrics {
		for _, metric := range scope.Metrics {
			if !strings.HasPrefix(metric.Name, prefix) {
				continue
			}
			seen++
			for _, set := range attributesOf(t, metric.Data) {
				for _, key := range []attribute.Key{"processor", "pipeline"} {
					_, ok := set.Value(key)
					require.True(t, ok, "%s has a series without %s", metric.Name, key)
				}
			}
		}
	}
	require.Equal(t, 41, seen, "and decision_delay, which has nothing yet")
}

func attributesOf(t *testing.T, data metricdata.Aggregation) []attribute.Set {
	t.Helper()
	var sets []attribute.Set
	switch data := data.(type) {
	case metricdata.Sum[int64]:
		for _, point := range data.DataPoints {
			sets = append(sets, point.Attributes)
		}
	case metricdata.Sum[float64]:
		for _, point := range data.DataPoints {
			sets = append(sets, point.Attributes)
		}
	case metricdata.Gauge[int64]:
		for _, point := range data.DataPoints {
			sets = append(sets, point.Attributes)
		}
	case metricdata.Gauge[float64]:
		for _, point := range data.DataPoints {
			sets = append(sets, point.Attributes)
		}
	case metricdata.Histogram[float64]:
		for _, point := range data.DataPoints {
			sets = append(sets, point.Attributes)
		}
	default:
		t.Fatalf("a %T", data)
	}
	require.NotEmpty(t, sets)
	return sets
}

// Four processors with five hundred rules each stay below the 2,000 series at which the SDK folds an instrument.
func TestAllProcessorsShareTheBoundOfSeries(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { require.NoError(t, telemetry.Shutdown(context.Background())) }()
	series := newShared(verdictSeries)
	const processors, rules = 4, 500
	for i := range processors {
		config := createDefaultConfig().(*Config)
		var conditions []string
		for rule := range rules {
			conditions = append(conditions, fmt.Sprintf("always { step-%d }", rule))
		}
		config.Rules.Inline = inlineRules(conditions...)
		config.Limits.RuleLabels = rules
		set := metadatatest.NewSettings(telemetry)
		set.ID = component.NewIDWithName(set.ID.Type(), fmt.Sprint(i))
		clock := newManualClock()
		p := newProcessor(set, config, &sink{}, clock, series)
		require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
		orphan := spansNamed(1, "x")
		orphan.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetParentSpanID(spanID(9))
		require.NoError(t, p.ConsumeTraces(context.Background(), orphan))
		clock.advance(t, 2*time.Minute, tickInterval)
		defer func() {
			require.NoError(t, p.Shutdown(context.Background()))
		}()
	}
	for range 2 {
		metric, err := telemetry.GetMetric(prefix + "verdicts")
		require.NoError(t, err)
		points := metric.Data.(metricdata.Sum[int64]).DataPoints
		require.Less(t, len(points), 2_000)
		require.Greater(t, len(points), 1_500, "the room there is is used")
		inconclusive := int64(0)
		for _, point := range points {
			_, overflow := point.Attributes.Value("otel.metric.overflow")
			require.False(t, overflow)
			if verdict, _ := point.Attributes.Value("verdict"); verdict.AsString() == "inconclusive" {
				inconclusive += point.Value
			}
		}
		require.EqualValues(t, processors*rules, inconclusive, "nothing is lost, whatever its label")
	}
}

func TestABudgetIsGivenBack(t *testing.T) {
	budget := newSeriesBudget(41)
	first := newLabelled(budget, 100)
	first.begin()
	for i, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		require.Equal(t, id, first.rule(i, id))
	}
	require.Equal(t, otherRules, first.rule(8, "i"), "26 series are 8 rules and two reasons")
	require.Equal(t, "a", first.reason("a", "no_root"))
	require.Equal(t, "a", first.reason("a", "late"))
	require.Equal(t, otherRules, first.reason("a", "memory"))
	require.Equal(t, "a", first.reason("a", "late"), "what it has it keeps")
	first.end()
	first.begin()
	first.rule(0, "b")
	first.end()
	second := newLabelled(budget, 1)
	second.begin()
	require.Equal(t, "x", second.rule(0, "x"))
	require.Equal(t, otherRules, second.rule(1, "y"), "beyond limits::rule_labels")
	second.end()
	first.close()
	second.close()
	require.Equal(t, 41, budget.left)
}

func TestRulesBeyondTheLabelsShareOne(t *testing.T) {
	var conditions []string
	for i := range 7 {
		conditions = append(conditions, fmt.Sprintf("never { step-%d }", i))
	}
	b := startBench(t, func(c *Config) { c.Limits.RuleLabels = 3 }, conditions...)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "step-2", "step-3", "step-4")))
	violations := func(rule string) float64 { return b.sum(t, prefix+"violations", label("rule", rule)) }
	require.EqualValues(t, 1, violations("rule-2"))
	require.EqualValues(t, 2, violations("_other"))
	metric, err := b.telemetry.GetMetric(prefix + "violations")
	require.NoError(t, err)
	require.Len(t, metric.Data.(metricdata.Sum[int64]).DataPoints, 4)
}
