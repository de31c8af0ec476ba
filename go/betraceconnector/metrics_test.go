package betraceconnector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/betracehq/betrace/go/betraceconnector/internal/metadatatest"
)

// flushes gets each flush as lines of its points, `rule severity service = value at seconds since the start`.
type flushes struct {
	got    chan []string
	last   pmetric.Metrics
	refuse error
}

func newFlushes() *flushes { return &flushes{got: make(chan []string, 16)} }

func (*flushes) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (f *flushes) ConsumeMetrics(_ context.Context, metrics pmetric.Metrics) error {
	f.last = metrics
	var lines []string
	for _, point := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().All() {
		labels := point.Attributes().AsRaw()
		lines = append(lines, fmt.Sprintf("%v %v %v = %d at %v", labels["rule"], labels["severity"], labels["service"], point.IntValue(), point.Timestamp().AsTime().Sub(epoch).Seconds()))
	}
	refusal := f.refuse
	f.got <- lines
	return refusal
}

func (b *bench) metrics(t *testing.T) (*metrics, *flushes) {
	t.Helper()
	sink := newFlushes()
	made, err := newMetrics(b.settings, b.config, sink, b.clock)
	require.NoError(t, err)
	require.NoError(t, made.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, made.Shutdown(context.Background())) })
	return made, sink
}

// flush turns the clock and has the metric sent.
func (b *bench) flush(t *testing.T, by time.Duration) {
	t.Helper()
	b.clock.time = b.clock.time.Add(by)
	b.clock.ticking <- time.Time{}
}

func TestViolationsAreCountedByRuleSeverityAndService(t *testing.T) {
	b := newBench(t, nil)
	m, sink := b.metrics(t)
	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, broken(1, "audited", "payments"), broken(2, "audited", "payments"), broken(3, "audited", "orders"))))
	b.flush(t, 15*time.Second)
	require.Equal(t, []string{
		"audited high payments = 0 at 0", "audited high payments = 2 at 15",
		"audited high orders = 0 at 0", "audited high orders = 1 at 15",
	}, <-sink.got, "a new series begins at 0, when the last flush was")

	resource := sink.last.ResourceMetrics().At(0)
	require.Equal(t, map[string]any{"service.name": "betrace", "service.instance.id": "checker-1"}, resource.Resource().Attributes().AsRaw())
	metric := resource.ScopeMetrics().At(0).Metrics().At(0)
	require.Equal(t, []string{"betrace.violations", "{violation}"}, []string{metric.Name(), metric.Unit()})
	require.True(t, metric.Sum().IsMonotonic())
	require.Equal(t, pmetric.AggregationTemporalityCumulative, metric.Sum().AggregationTemporality())
	require.Equal(t, epoch.UTC(), metric.Sum().DataPoints().At(1).StartTimestamp().AsTime())

	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, broken(3, "audited", "orders"), broken(4, "other", "orders"))))
	b.flush(t, 15*time.Second)
	require.Equal(t, []string{
		"audited high payments = 2 at 30", "audited high orders = 1 at 30",
		"other high orders = 0 at 15", "other high orders = 1 at 30",
	}, <-sink.got)
	b.requireOutcomes(t, 4, 1, 0)
}

func TestNothingIsSentBeforeTheFirstViolation(t *testing.T) {
	b := newBench(t, nil)
	m, sink := b.metrics(t)
	b.flush(t, time.Second)
	require.NoError(t, m.Shutdown(context.Background()))
	require.Empty(t, sink.got)
}

func TestTheShutdownSendsTheLastCount(t *testing.T) {
	b := newBench(t, nil)
	m, sink := b.metrics(t)
	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, broken(1, "audited", "payments"))))
	b.clock.time = b.clock.time.Add(time.Second)
	require.NoError(t, m.Shutdown(context.Background()))
	require.Equal(t, []string{"audited high payments = 0 at 0", "audited high payments = 1 at 1"}, <-sink.got)
}

func TestACountThatIsRefusedGoesWithTheNextFlush(t *testing.T) {
	b := newBench(t, nil)
	m, sink := b.metrics(t)
	sink.refuse = errors.New("not now")
	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, broken(1, "audited", "payments"))))
	b.clock.time = b.clock.time.Add(time.Second)
	m.flush(context.Background())
	<-sink.got
	metadatatest.AssertEqualConnectorBetraceFlushesFailed(t, b.telemetry, []metricdata.DataPoint[int64]{{Value: 1}}, metricdatatest.IgnoreTimestamp())
	require.Equal(t, 1, b.warnings.Len())

	sink.refuse = nil
	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, broken(2, "audited", "payments"))))
	b.clock.time = b.clock.time.Add(time.Second)
	m.flush(context.Background())
	require.Equal(t, []string{"audited high payments = 0 at 0", "audited high payments = 2 at 2"}, <-sink.got)
}

func TestSeriesBeyondTheBoundAreCountedTogether(t *testing.T) {
	b := newBench(t, func(config *Config) { config.Metrics.Series = 2 })
	m, sink := b.metrics(t)
	fourth := broken(4, "d", "x")
	fourth.severity = "low"
	again := broken(5, "a", "x")
	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, broken(1, "a", "x"), broken(2, "b", "x"))))
	b.flush(t, 0)
	require.Equal(t, []string{"a high x = 0 at 0", "a high x = 1 at 0", "b high x = 0 at 0", "b high x = 1 at 0"}, <-sink.got)
	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, broken(3, "c", "x"), fourth, broken(6, "e", "y"), again)))
	b.flush(t, 0)
	require.Equal(t, []string{
		"a high x = 2 at 0", "b high x = 1 at 0",
		"_other high _other = 0 at 0", "_other high _other = 2 at 0", "_other low _other = 0 at 0", "_other low _other = 1 at 0",
	}, <-sink.got)
}

func TestLabelsAreBounded(t *testing.T) {
	require.Equal(t, strings.Repeat("a", 256), label(strings.Repeat("a", 256)))
	require.Equal(t, strings.Repeat("a", 256), label(strings.Repeat("a", 257)))
	require.Equal(t, strings.Repeat("a", 255), label(strings.Repeat("a", 255)+"é"), "a letter is not cut in two")
}

func TestASeverityThatIsNoneHasNoSeriesOfItsOwn(t *testing.T) {
	b := newBench(t, nil)
	m, sink := b.metrics(t)
	one := broken(1, "a", "x")
	one.severity = "dire"
	require.NoError(t, m.ConsumeTraces(context.Background(), violations(t, one)))
	b.flush(t, time.Second)
	require.Equal(t, []string{"a _other x = 0 at 0", "a _other x = 1 at 1"}, <-sink.got)
}
