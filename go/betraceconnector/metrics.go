package betraceconnector

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace/mark"
	"github.com/betracehq/betrace/go/betraceconnector/internal/metadata"
)

const (
	// metricName is `betrace_violations_total` in Prometheus.
	metricName = "betrace.violations"
	instanceID = "service.instance.id"
)

// metrics counts violations in one cumulative sum, which it sends on at every interval and at the shutdown.
type metrics struct {
	reader   *reader
	next     consumer.Metrics
	clock    clock
	log      *zap.Logger
	interval time.Duration
	instance string

	mu     sync.Mutex
	counts counts
	// started is the time since which is counted, flushed the last one at which the sum was sent.
	started, flushed time.Time

	stop    chan struct{}
	workers sync.WaitGroup
}

func newMetrics(set connector.Settings, config *Config, next consumer.Metrics, clock clock) (*metrics, error) {
	reader, err := newReader(set.TelemetrySettings, config, mark.SpanName)
	if err != nil {
		return nil, err
	}
	m := &metrics{reader: reader, next: next, clock: clock, log: set.Logger, interval: config.Metrics.Interval, counts: newCounts(config.Metrics.Series)}
	if instance, found := set.Resource.Attributes().Get(instanceID); found {
		m.instance = instance.AsString()
	}
	return m, nil
}

// Capabilities say that batches are never changed.
func (*metrics) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// Start begins to send the sum on.
func (m *metrics) Start(context.Context, component.Host) error {
	m.started = m.clock.now()
	m.flushed = m.started
	m.stop = make(chan struct{})
	ticks, stopTicks := m.clock.ticks(m.interval)
	m.workers.Go(func() {
		defer stopTicks()
		for {
			select {
			case <-ticks:
				m.flush(context.Background())
			case <-m.stop:
				return
			}
		}
	})
	return nil
}

// Shutdown sends the sum a last time.
func (m *metrics) Shutdown(ctx context.Context) error {
	if m.stop == nil {
		return nil
	}
	close(m.stop)
	m.workers.Wait()
	m.stop = nil
	m.flush(ctx)
	return nil
}

// ConsumeTraces counts the violations of a batch; it cannot fail.
func (m *metrics) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	found := m.reader.read(ctx, traces)
	if len(found) == 0 {
		return nil
	}
	m.mu.Lock()
	for i := range found {
		m.counts.add(seriesOf(&found[i]))
	}
	m.mu.Unlock()
	m.reader.were(ctx, found)
	return nil
}

// flush sends the sum on, where there is any. What is refused goes with the next one, for the sum only grows.
func (m *metrics) flush(ctx context.Context) {
	m.mu.Lock()
	now := m.clock.now()
	sum, sent := m.sum(now)
	m.mu.Unlock()
	if sum.DataPointCount() > 0 {
		if err := m.next.ConsumeMetrics(ctx, sum); err != nil {
			m.reader.telemetry.ConnectorBetraceFlushesFailed.Add(ctx, 1)
			m.log.Warn("the count of violations was refused, and goes with the next flush", zap.Error(err))
			return
		}
	}
	m.mu.Lock()
	m.counts.begun(sent)
	m.flushed = now
	m.mu.Unlock()
}

// sum writes all series, and answers those that are written for the first time. Each of these has a point of 0 before its
// first, at the last flush, so that what asks for the increase does not overlook it.
func (m *metrics) sum(now time.Time) (pmetric.Metrics, []series) {
	written := pmetric.NewMetrics()
	if len(m.counts.values) == 0 {
		return written, nil
	}
	resource := written.ResourceMetrics().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", mark.Scope)
	if m.instance != "" {
		resource.Resource().Attributes().PutStr(instanceID, m.instance)
	}
	scope := resource.ScopeMetrics().AppendEmpty()
	scope.Scope().SetName(metadata.ScopeName)
	one := scope.Metrics().AppendEmpty()
	one.SetName(metricName)
	one.SetDescription("Violations of rules, by rule, severity and the service that broke it")
	one.SetUnit("{violation}")
	sum := one.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	point := func(of series, at time.Time, value int64) {
		point := sum.DataPoints().AppendEmpty()
		point.SetStartTimestamp(pcommon.NewTimestampFromTime(m.started))
		point.SetTimestamp(pcommon.NewTimestampFromTime(at))
		point.SetIntValue(value)
		point.Attributes().PutStr("rule", of.rule)
		point.Attributes().PutStr("severity", of.severity)
		point.Attributes().PutStr("service", of.service)
	}
	var fresh []series
	for _, of := range m.counts.order {
		if !m.counts.values[of].begun {
			fresh = append(fresh, of)
			point(of, m.flushed, 0)
		}
		point(of, now, m.counts.values[of].count)
	}
	return written, fresh
}
