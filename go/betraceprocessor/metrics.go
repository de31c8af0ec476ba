package betraceprocessor

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/betracehq/betrace/go/betrace"
	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadata"
)

// otherRules is the label that all rules share which have none of their own.
const otherRules = "_other"

// metrics shows the engine's counters. They are read when somebody collects, all in one call, so
// that a span costs nothing here and the figures of one collection fit each other. Every series says of which
// processor in which pipeline it is.
type metrics struct {
	telemetry    *metadata.TelemetryBuilder
	registration metric.Registration
	engine       *betrace.Engine
	backlog      *backlog
	sender       *sender
	reload       *reloadState
	clock        clock
	membership   *membership
	evidence     *evidence
	// whose are the attributes that every series has; recorded is the same, made once for what every batch records.
	whose    []attribute.KeyValue
	recorded []metric.RecordOption
	// rules guards labels and groups: several readers may collect at once.
	rules  sync.Mutex
	labels *labelled
	groups *groupLabels
	delays delays
}

func newMetrics(p *betraceProcessor, r *running) (*metrics, error) {
	telemetry, err := metadata.NewTelemetryBuilder(p.set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	m := &metrics{
		telemetry: telemetry, engine: r.engine, backlog: r.backlog, sender: r.sender, reload: r.reload, clock: p.clock,
		membership: r.membership, evidence: r.evidence,
		whose:  whose(p.set.ID, r.host),
		labels: newLabelled(p.shared.series, p.config.Limits.RuleLabels),
		groups: newGroupLabels(p.shared.groups),
	}
	m.recorded = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(m.whose...))}
	m.registration, err = metadata.Meter(p.set.TelemetrySettings).RegisterCallback(m.observe, observed(telemetry)...)
	if err != nil {
		m.labels.close()
		m.groups.close()
		telemetry.Shutdown()
		return nil, err
	}
	// A counter that is there from the start at 0 lets an alert see its first step.
	for _, outcome := range []string{reloadSuccess, reloadRefused, reloadUnreadable} {
		m.telemetry.ProcessorBetraceReloads.Add(context.Background(), 0, m.with("outcome", outcome))
	}
	for _, outcome := range []string{recordWritten, recordFailed, recordDropped} {
		m.countRecords(outcome, 0)
	}
	for _, part := range []storedPart{storedTraces, storedViolations} {
		for _, outcome := range partOutcomes {
			m.telemetry.ProcessorBetraceStoredState.Add(context.Background(), 0, m.with("part", string(part), "outcome", outcome))
		}
	}
	return m, nil
}

// observed are the instruments that are read when somebody collects.
func observed(telemetry *metadata.TelemetryBuilder) []metric.Observable {
	return []metric.Observable{
		telemetry.ProcessorBetraceBacklogBytes,
		telemetry.ProcessorBetraceBatchesHeldUp,
		telemetry.ProcessorBetraceComparisonsUnknown,
		telemetry.ProcessorBetraceEvidenceWaiting,
		telemetry.ProcessorBetraceIdsDropped,
		telemetry.ProcessorBetraceLastReloadSuccessTime,
		telemetry.ProcessorBetraceLiveTraces,
		telemetry.ProcessorBetraceMembers,
		telemetry.ProcessorBetraceMembershipChanges,
		telemetry.ProcessorBetraceMembershipFailing,
		telemetry.ProcessorBetraceMembershipMoving,
		telemetry.ProcessorBetraceMemoryBytes,
		telemetry.ProcessorBetraceMemoryLimitBytes,
		telemetry.ProcessorBetraceReloadFailing,
		telemetry.ProcessorBetraceRulesBytes,
		telemetry.ProcessorBetraceRulesLoaded,
		telemetry.ProcessorBetraceRulesStaleSeconds,
		telemetry.ProcessorBetraceSpans,
		telemetry.ProcessorBetraceSpansMatched,
		telemetry.ProcessorBetraceSpansUnmarked,
		telemetry.ProcessorBetraceTracesClosed,
		telemetry.ProcessorBetraceTracesReturned,
		telemetry.ProcessorBetraceTracesLateInWindows,
		telemetry.ProcessorBetraceWindowHits,
		telemetry.ProcessorBetraceWindowSamples,
		telemetry.ProcessorBetraceWindowSum,
		telemetry.ProcessorBetraceWindowUnknown,
		telemetry.ProcessorBetraceWindowsOpen,
		telemetry.ProcessorBetraceTracesShed,
		telemetry.ProcessorBetraceVerdicts,
		telemetry.ProcessorBetraceSeverityVerdicts,
		telemetry.ProcessorBetraceReopenedVerdicts,
		telemetry.ProcessorBetraceViolations,
		telemetry.ProcessorBetraceViolationsContradicted,
		telemetry.ProcessorBetraceViolationsDelivered,
		telemetry.ProcessorBetraceViolationsLost,
		telemetry.ProcessorBetraceViolationsWaiting,
	}
}

func (m *metrics) shutdown() {
	_ = m.registration.Unregister()
	m.telemetry.Shutdown()
	m.rules.Lock()
	defer m.rules.Unlock()
	m.labels.close()
	m.groups.close()
}

// with are the attributes of every series and these, given as keys and values in turn.
func (m *metrics) with(keysAndValues ...string) metric.MeasurementOption {
	attributes := append(make([]attribute.KeyValue, 0, 5), m.whose...)
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		attributes = append(attributes, attribute.String(keysAndValues[i], keysAndValues[i+1]))
	}
	return metric.WithAttributeSet(attribute.NewSet(attributes...))
}

func (m *metrics) countReload(outcome string) {
	m.telemetry.ProcessorBetraceReloads.Add(context.Background(), 1, m.with("outcome", outcome))
}

func (m *metrics) countRecords(outcome string, count int) {
	m.telemetry.ProcessorBetraceEvidenceRecords.Add(context.Background(), int64(count), m.with("outcome", outcome))
}

// countStored counts what became of a stored part; an empty outcome is none.
func (m *metrics) countStored(part storedPart, outcome string) {
	if outcome != "" {
		m.telemetry.ProcessorBetraceStoredState.Add(context.Background(), 1, m.with("part", string(part), "outcome", outcome))
	}
}

func (m *metrics) recordEvaluation(took time.Duration) {
	m.telemetry.ProcessorBetraceEvaluationDuration.Record(context.Background(), took.Seconds(), m.recorded...)
}

// recordDelays records what the engine counted since the last call.
func (m *metrics) recordDelays() {
	stats, err := m.engine.Totals()
	if err != nil {
		return
	}
	m.delays.since(stats.DecisionDelay, func(value float64) {
		m.telemetry.ProcessorBetraceDecisionDelay.Record(context.Background(), value, m.recorded...)
	})
}

func (m *metrics) observe(_ context.Context, to metric.Observer) error {
	backlog := m.backlog.figures()
	m.backlog.settle()
	stats, err := m.engine.Stats()
	if err != nil {
		return nil
	}
	t, own := m.telemetry, m.with()
	to.ObserveInt64(t.ProcessorBetraceBacklogBytes, backlog.bytes, own)
	to.ObserveInt64(t.ProcessorBetraceBatchesHeldUp, backlog.heldUp, own)
	to.ObserveInt64(t.ProcessorBetraceLiveTraces, stats.LiveTraces, own)
	to.ObserveInt64(t.ProcessorBetraceTracesClosed, stats.ClosedTraces, own)
	to.ObserveInt64(t.ProcessorBetraceTracesReturned, stats.ReturnedTraces, own)
	to.ObserveInt64(t.ProcessorBetraceTracesLateInWindows, stats.LateInWindows, own)
	to.ObserveInt64(t.ProcessorBetraceWindowsOpen, stats.OpenWindows, own)
	to.ObserveInt64(t.ProcessorBetraceTracesShed, stats.ShedTraces, own)
	to.ObserveInt64(t.ProcessorBetraceMemoryBytes, stats.MemoryBytes, own)
	to.ObserveInt64(t.ProcessorBetraceMemoryLimitBytes, stats.MemoryLimitBytes, own)
	to.ObserveInt64(t.ProcessorBetraceRulesLoaded, int64(len(stats.Rules)), own)
	to.ObserveInt64(t.ProcessorBetraceViolationsWaiting, int64(m.sender.queue.count()), own)
	to.ObserveInt64(t.ProcessorBetraceViolationsDelivered, m.sender.delivered.Load(), own)
	to.ObserveInt64(t.ProcessorBetraceEvidenceWaiting, int64(m.evidence.waitingRecords()), own)
	to.ObserveInt64(t.ProcessorBetraceIdsDropped, stats.DroppedIDs, own)
	to.ObserveInt64(t.ProcessorBetraceSpansUnmarked, stats.UnmarkedSpans, own)
	for outcome, count := range stats.Spans {
		to.ObserveInt64(t.ProcessorBetraceSpans, count, m.with("outcome", outcome))
	}
	losses := m.sender.lossesByCause()
	losses["queue_full"] += stats.ViolationsLost
	for cause, count := range losses {
		to.ObserveInt64(t.ProcessorBetraceViolationsLost, count, m.with("cause", cause))
	}
	m.observeReload(to, own)
	m.observeMembership(to, own)
	m.observeSeverities(to, stats.Severities)
	m.observeRules(to, stats.Rules)
	return nil
}

func (m *metrics) observeSeverities(to metric.Observer, severities []betrace.SeverityStats) {
	for _, one := range severities {
		to.ObserveInt64(m.telemetry.ProcessorBetraceReopenedVerdicts, one.Reopened, m.with("severity", one.Severity))
		for _, verdict := range one.Verdicts {
			to.ObserveInt64(m.telemetry.ProcessorBetraceSeverityVerdicts, verdict.Count, m.with("severity", one.Severity, "verdict", verdict.Verdict, "reason", verdict.Reason))
		}
	}
}

func (m *metrics) observeReload(to metric.Observer, own metric.MeasurementOption) {
	t := m.telemetry
	to.ObserveFloat64(t.ProcessorBetraceLastReloadSuccessTime, float64(m.reload.loadedAt.Load())/float64(time.Second), own)
	to.ObserveInt64(t.ProcessorBetraceReloadFailing, oneIf(m.reload.failing.Load()), own)
	to.ObserveInt64(t.ProcessorBetraceRulesBytes, int64(m.reload.bytes.Load()), own)
	stale := 0.0
	if now, since := m.clock.now(), m.reload.staleSince.Load(); since != 0 && now > since {
		stale = time.Duration(now - since).Seconds()
	}
	to.ObserveFloat64(t.ProcessorBetraceRulesStaleSeconds, stale, own)
}

func (m *metrics) observeMembership(to metric.Observer, own metric.MeasurementOption) {
	t, figures := m.telemetry, m.membership.figures()
	to.ObserveInt64(t.ProcessorBetraceMembers, figures.members, own)
	to.ObserveInt64(t.ProcessorBetraceMembershipChanges, figures.changes, own)
	to.ObserveInt64(t.ProcessorBetraceMembershipFailing, oneIf(figures.failing), own)
	to.ObserveInt64(t.ProcessorBetraceMembershipMoving, oneIf(figures.moving), own)
}

func oneIf(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

type verdictLabels struct{ rule, verdict, reason string }

type violationLabels struct{ rule, severity string }

// observeRules adds up what shares a label before it is observed: of two observations with the same
// attributes in one collection only the last would count.
func (m *metrics) observeRules(to metric.Observer, rules []betrace.RuleStats) {
	m.rules.Lock()
	defer m.rules.Unlock()
	verdicts := map[verdictLabels]int64{}
	violations := map[violationLabels]int64{}
	unknown, contradicted := map[string]int64{}, map[string]int64{}
	matched := map[string]int64{}
	m.labels.begin()
	for i, rule := range rules {
		label := m.labels.rule(i, rule.ID)
		for _, verdict := range rule.Verdicts {
			named := label
			if verdict.Reason != "" {
				named = m.labels.reason(rule.ID, verdict.Reason)
			}
			verdicts[verdictLabels{named, verdict.Verdict, verdict.Reason}] += verdict.Count
		}
		violations[violationLabels{label, rule.Severity}] += rule.Violations
		unknown[label] += rule.ComparisonsUnknown
		matched[label] += rule.SpansMatched
		contradicted[label] += rule.ViolationsContradicted
	}
	windows := m.windowCounts(rules, func(position int) bool { return m.labels.rule(position, rules[position].ID) != otherRules })
	m.labels.end()
	m.observeWindows(to, windows)
	t := m.telemetry
	for labels, count := range verdicts {
		to.ObserveInt64(t.ProcessorBetraceVerdicts, count, m.with("rule", labels.rule, "verdict", labels.verdict, "reason", labels.reason))
	}
	for labels, count := range violations {
		to.ObserveInt64(t.ProcessorBetraceViolations, count, m.with("rule", labels.rule, "severity", labels.severity))
	}
	for rule, count := range contradicted {
		to.ObserveInt64(t.ProcessorBetraceViolationsContradicted, count, m.with("rule", rule))
	}
	for rule, count := range unknown {
		to.ObserveInt64(t.ProcessorBetraceComparisonsUnknown, count, m.with("rule", rule))
	}
	for rule, count := range matched {
		to.ObserveInt64(t.ProcessorBetraceSpansMatched, count, m.with("rule", rule))
	}
}

// whose are the attributes that tell the processors of one Collector apart. The Collector makes one for each pipeline,
// all with the same id, and does not tell a processor which pipeline it is in; but the host that it starts it with
// carries the instance for which statuses are reported, and that knows.
func whose(id component.ID, host component.Host) []attribute.KeyValue {
	attributes := []attribute.KeyValue{attribute.String("processor", id.String())}
	if pipeline := pipelineOf(host); pipeline != "" {
		attributes = append(attributes, attribute.String("pipeline", pipeline))
	}
	return attributes
}
