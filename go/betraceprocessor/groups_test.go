//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadatatest"
)

const (
	shareByGroup = "over 10s by region always { share(order.where(ok), order) >= 50% }"
	countOfAll   = "over 10s never { count(order) > 1000 }"
	sumByGroup   = "over 10s by region, user.id never { sum(order, span:duration) > 1h }"
)

// order sends a trace of one order from a region, which went well or not.
func (b *bench) order(t *testing.T, trace int, region string, ok bool) {
	t.Helper()
	traces := spansNamed(trace, "order")
	attributes := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
	attributes.PutStr("region", region)
	attributes.PutStr("user.id", fmt.Sprint("user ", trace))
	attributes.PutBool("ok", ok)
	require.NoError(t, b.ConsumeTraces(context.Background(), traces))
}

func TestMetricsOfWindowsAddUp(t *testing.T) {
	b := startBench(t, nil, shareByGroup, countOfAll, sumByGroup)
	samples := func(rule, group string) float64 {
		return b.sum(t, prefix+"window_samples", label("rule", rule), label("group", group))
	}
	require.EqualValues(t, 0, samples("rule-1", ""), "it is there from the start")
	b.order(t, 1, "eu", true)
	b.order(t, 2, "eu", false)
	b.order(t, 3, "us", true)
	b.tick(t, 20*time.Second)
	require.EqualValues(t, 0, samples("rule-0", "eu"), "a group is there from its first trace on")
	require.EqualValues(t, 1, b.sum(t, prefix+"windows_open"))
	b.tick(t, 6*time.Minute)
	require.EqualValues(t, 2, samples("rule-0", "eu"))
	require.EqualValues(t, 1, samples("rule-0", "us"))
	require.EqualValues(t, 3, samples("rule-1", ""))
	hits := func(group string) float64 {
		return b.sum(t, prefix+"window_hits", label("rule", "rule-0"), label("group", group))
	}
	require.EqualValues(t, 1, hits("eu"))
	require.EqualValues(t, 1, hits("us"))
	require.EqualValues(t, 0, b.sum(t, prefix+"window_unknown", label("rule", "rule-0")))
	sum := b.sum(t, prefix+"window_sum", label("rule", "rule-2"), label("group", "eu, [withheld]"))
	require.InDelta(t, 0.002, sum, 1e-9, "two orders of a millisecond, and nothing tells of users")
	for name, points := range map[string]int{"window_hits": 2, "window_samples": 5, "window_sum": 2, "window_unknown": 5} {
		metric, err := b.telemetry.GetMetric(prefix + name)
		require.NoError(t, err)
		require.Len(t, attributesOf(t, metric.Data), points, name)
	}
	b.order(t, 4, "eu", true)
	b.tick(t, 6*time.Minute)
	require.EqualValues(t, 2, samples("rule-0", "eu"), "its window was over")
	require.EqualValues(t, 1, b.sum(t, prefix+"traces_late_in_windows"))
}

// Two processors with 1,200 groups each stay below the 2,000 series at which the SDK folds an instrument.
func TestGroupsOfAllProcessorsShareTheBoundOfSeries(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { require.NoError(t, telemetry.Shutdown(context.Background())) }()
	series := newShared(verdictSeries)
	const processors, rules, groups = 2, 6, 200
	for i := range processors {
		config := createDefaultConfig().(*Config)
		var conditions []string
		for rule := range rules {
			conditions = append(conditions, fmt.Sprintf("over %ds by region never { count(order) > 1000 }", 10+rule))
		}
		config.Rules.Inline = inlineRules(conditions...)
		set := metadatatest.NewSettings(telemetry)
		set.ID = component.NewIDWithName(set.ID.Type(), fmt.Sprint(i))
		clock := newManualClock()
		p := newProcessor(set, config, &sink{}, clock, series)
		require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
		b := &bench{betraceProcessor: p}
		for trace := range groups {
			b.order(t, trace, fmt.Sprint("region ", trace), true)
		}
		clock.advance(t, time.Minute, tickInterval)
		clock.advance(t, 10*time.Minute, tickInterval)
		defer func() { require.NoError(t, p.Shutdown(context.Background())) }()
	}
	for range 2 {
		metric, err := telemetry.GetMetric(prefix + "window_samples")
		require.NoError(t, err)
		points := metric.Data.(metricdata.Sum[int64]).DataPoints
		require.Less(t, len(points), 2_000)
		require.Greater(t, len(points), 1_800, "the room there is is used")
		samples := int64(0)
		for _, point := range points {
			_, overflow := point.Attributes.Value("otel.metric.overflow")
			require.False(t, overflow)
			samples += point.Value
		}
		require.EqualValues(t, processors*rules*groups, samples, "nothing is lost, whatever its label")
	}
}

func TestLabelsOfGroupsAreGivenBack(t *testing.T) {
	budget := newSeriesBudget(4)
	first := newGroupLabels(budget)
	first.begin()
	require.Equal(t, windowLabels{"r", "a"}, first.of("r", []string{"a"}))
	require.Equal(t, windowLabels{"r", "b, c"}, first.of("r", []string{"b", "c"}))
	require.Equal(t, windowLabels{"r", otherGroups}, first.of("r", []string{otherGroups, otherGroups}))
	require.Equal(t, windowLabels{"r", otherGroups}, first.of("r", []string{"d"}), "three series are taken")
	require.Equal(t, windowLabels{otherRules, otherGroups}, first.of("s", []string{"d"}))
	first.end()
	first.begin()
	require.Equal(t, windowLabels{"r", "a"}, first.of("r", []string{"a"}), "what it has it keeps")
	first.end()
	second := newGroupLabels(budget)
	second.begin()
	require.Equal(t, windowLabels{"s", ""}, second.of("s", nil))
	second.end()
	first.close()
	second.close()
	require.Equal(t, 4, budget.left)
}
