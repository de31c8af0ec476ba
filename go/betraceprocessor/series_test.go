//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadatatest"
)

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
