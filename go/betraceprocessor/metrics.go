package betraceprocessor

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/betracehq/betrace/go/betrace"
	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadata"
)

// otherRules is the label that all rules beyond the first `limits::rule_labels` share: the metrics
// SDK folds an instrument into one series beyond 2,000.
const otherRules = "_other"

// metrics shows the engine's counters. They are read when somebody collects, all in one call, so
// that a span costs nothing here and the figures of one collection fit each other.
type metrics struct {
	telemetry    *metadata.TelemetryBuilder
	registration metric.Registration
	engine       *betrace.Engine
	sender       *sender
	ruleLabels   int
	loadedAt     atomic.Uint64
	// delays are the engine's counts of decision_delay that were recorded already.
	delays []int64
}

func newMetrics(set component.TelemetrySettings, config *Config, engine *betrace.Engine, sender *sender, clock clock) (*metrics, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	m := &metrics{telemetry: telemetry, engine: engine, sender: sender, ruleLabels: config.Limits.RuleLabels}
	m.loaded(clock.now())
	m.registration, err = metadata.Meter(set).RegisterCallback(m.observe,
		telemetry.ProcessorBetraceComparisonsUnknown,
		telemetry.ProcessorBetraceLastReloadSuccessTime,
		telemetry.ProcessorBetraceLiveTraces,
		telemetry.ProcessorBetraceMemoryBytes,
		telemetry.ProcessorBetraceMemoryLimitBytes,
		telemetry.ProcessorBetraceRulesLoaded,
		telemetry.ProcessorBetraceSpans,
		telemetry.ProcessorBetraceVerdicts,
		telemetry.ProcessorBetraceViolations,
		telemetry.ProcessorBetraceViolationsLost,
	)
	if err != nil {
		telemetry.Shutdown()
		return nil, err
	}
	return m, nil
}

func (m *metrics) shutdown() {
	_ = m.registration.Unregister()
	m.telemetry.Shutdown()
}

func outcomeAttribute(outcome string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("outcome", outcome))
}

func (m *metrics) countReload(outcome string) {
	m.telemetry.ProcessorBetraceReloads.Add(context.Background(), 1, outcomeAttribute(outcome))
}

// loaded notes when the rules in use were loaded.
func (m *metrics) loaded(now uint64) { m.loadedAt.Store(now) }

func (m *metrics) recordEvaluation(ctx context.Context, took time.Duration) {
	m.telemetry.ProcessorBetraceEvaluationDuration.Record(ctx, took.Seconds())
}

// recordDelays records what the engine counted since the last call. The engine keeps a histogram
// with the bounds of this instrument, so each value stands for its bucket: its upper bound.
func (m *metrics) recordDelays() {
	stats, err := m.engine.Totals()
	if err != nil {
		return
	}
	histogram := stats.DecisionDelay
	if len(m.delays) != len(histogram.Counts) {
		m.delays = make([]int64, len(histogram.Counts))
	}
	for i, count := range histogram.Counts {
		value := 0.0
		switch {
		case i < len(histogram.Bounds):
			value = histogram.Bounds[i]
		case i > 0:
			value = 2 * histogram.Bounds[i-1]
		}
		for range count - m.delays[i] {
			m.telemetry.ProcessorBetraceDecisionDelay.Record(context.Background(), value)
		}
		m.delays[i] = count
	}
}

func (m *metrics) observe(_ context.Context, to metric.Observer) error {
	stats, err := m.engine.Stats()
	if err != nil {
		return nil
	}
	t := m.telemetry
	to.ObserveInt64(t.ProcessorBetraceLiveTraces, stats.LiveTraces)
	to.ObserveInt64(t.ProcessorBetraceMemoryBytes, stats.MemoryBytes)
	to.ObserveInt64(t.ProcessorBetraceMemoryLimitBytes, stats.MemoryLimitBytes)
	to.ObserveInt64(t.ProcessorBetraceRulesLoaded, int64(len(stats.Rules)))
	to.ObserveFloat64(t.ProcessorBetraceLastReloadSuccessTime, float64(m.loadedAt.Load())/float64(time.Second))
	for outcome, count := range stats.Spans {
		to.ObserveInt64(t.ProcessorBetraceSpans, count, outcomeAttribute(outcome))
	}
	lost := func(cause string, count int64) {
		to.ObserveInt64(t.ProcessorBetraceViolationsLost, count, metric.WithAttributes(attribute.String("cause", cause)))
	}
	lost("queue_full", stats.ViolationsLost)
	lost("refused", m.sender.lostRefused.Load())
	lost("shutdown", m.sender.lostShutdown.Load())
	m.observeRules(to, stats.Rules)
	return nil
}

type verdictLabels struct{ rule, verdict, reason string }

type violationLabels struct{ rule, severity string }

// observeRules adds up what shares a label before it is observed: of two observations with the same
// attributes in one collection only the last would count.
func (m *metrics) observeRules(to metric.Observer, rules []betrace.RuleStats) {
	verdicts := map[verdictLabels]int64{}
	violations := map[violationLabels]int64{}
	unknown := map[string]int64{}
	for i, rule := range rules {
		label := rule.ID
		if i >= m.ruleLabels {
			label = otherRules
		}
		for _, verdict := range rule.Verdicts {
			verdicts[verdictLabels{label, verdict.Verdict, verdict.Reason}] += verdict.Count
		}
		violations[violationLabels{label, rule.Severity}] += rule.Violations
		unknown[label] += rule.ComparisonsUnknown
	}
	t := m.telemetry
	for labels, count := range verdicts {
		to.ObserveInt64(t.ProcessorBetraceVerdicts, count, metric.WithAttributes(
			attribute.String("rule", labels.rule), attribute.String("verdict", labels.verdict), attribute.String("reason", labels.reason)))
	}
	for labels, count := range violations {
		to.ObserveInt64(t.ProcessorBetraceViolations, count, metric.WithAttributes(
			attribute.String("rule", labels.rule), attribute.String("severity", labels.severity)))
	}
	for rule, count := range unknown {
		to.ObserveInt64(t.ProcessorBetraceComparisonsUnknown, count, metric.WithAttributes(attribute.String("rule", rule)))
	}
}
