package betraceconnector

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/betracehq/betrace/go/betrace/mark"
	"github.com/betracehq/betrace/go/betraceconnector/internal/metadatatest"
)

const (
	tierKey  = "the key of this tier"
	otherKey = "the key of another tier"
)

var epoch = time.Unix(1_700_000_000, 0)

// manualClock stands still until a test turns it.
type manualClock struct {
	time    time.Time
	ticking chan time.Time
}

func newManualClock() *manualClock {
	return &manualClock{time: epoch, ticking: make(chan time.Time)}
}

func (c *manualClock) now() time.Time { return c.time }

func (c *manualClock) ticks(time.Duration) (<-chan time.Time, func()) { return c.ticking, func() {} }

// found is a violation as a processor sends it.
type found struct {
	n                       byte
	rule, severity, service string
	key                     string
	own                     bool
}

func keyOf(t *testing.T, secret string) mark.Key {
	t.Helper()
	key, err := mark.NewKey(secret)
	require.NoError(t, err)
	return key
}

// sentByUs is a batch whose one scope, still without spans, is a processor's own.
func sentByUs() (ptrace.Traces, ptrace.ScopeSpans) {
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "betrace")
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName("betrace")
	return traces, scope
}

// violations is a batch of them, as rust/engine/src/violation.rs writes it.
func violations(t *testing.T, all ...found) ptrace.Traces {
	t.Helper()
	traces, scope := sentByUs()
	scope.Scope().SetVersion("0.1.0")
	for _, one := range all {
		span := scope.Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{1, one.n})
		span.SetSpanID(pcommon.SpanID{2, one.n})
		span.SetName("betrace.violation")
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch.Add(-2 * time.Second)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(-time.Second)))
		span.Status().SetCode(ptrace.StatusCodeError)
		span.Status().SetMessage(one.rule + ": " + one.rule + " was broken")
		attributes := span.Attributes()
		attributes.PutStr("betrace.rule.id", one.rule)
		attributes.PutStr("betrace.rule.severity", one.severity)
		attributes.PutStr("betrace.message", one.rule+" was broken")
		attributes.PutEmptySlice("betrace.rule.tags")
		attributes.PutEmptySlice("betrace.compliance.controls").AppendEmpty().SetStr("CC7.2")
		attributes.PutInt("betrace.count", 2)
		attributes.PutStr("betrace.violation.id", "0123456789abcdef0123456789abcdef")
		attributes.PutStr("betrace.offender.service.name", one.service)
		if !one.own {
			span.SetParentSpanID(pcommon.SpanID{3, one.n})
		}
		link := span.Links().AppendEmpty()
		link.SetTraceID(pcommon.TraceID{9, one.n})
		link.SetSpanID(pcommon.SpanID{8, one.n})
		link.Attributes().PutStr("betrace.role", "offender")
		link.Attributes().PutStr("betrace.span.name", "charge")
		link.Attributes().PutStr("service.name", one.service)
		if one.key != "" {
			attributes.PutStr("betrace.mark", keyOf(t, one.key).Mark(span.TraceID(), span.SpanID()))
		}
	}
	// Whoever else gets the batch must find it as it was.
	traces.MarkReadOnly()
	return traces
}

func broken(n byte, rule, service string) found {
	return found{n: n, rule: rule, severity: "high", service: service, key: tierKey}
}

type bench struct {
	clock     *manualClock
	telemetry *componenttest.Telemetry
	warnings  *observer.ObservedLogs
	settings  connector.Settings
	config    *Config
}

func newBench(t *testing.T, change func(*Config)) *bench {
	t.Helper()
	b := &bench{clock: newManualClock(), telemetry: componenttest.NewTelemetry(), config: createDefaultConfig().(*Config)}
	b.config.Key = tierKey
	if change != nil {
		change(b.config)
	}
	require.NoError(t, b.config.Validate())
	b.settings = metadatatest.NewSettings(b.telemetry)
	b.settings.Resource = pcommon.NewResource()
	b.settings.Resource.Attributes().PutStr("service.instance.id", "checker-1")
	core, warnings := observer.New(zap.WarnLevel)
	b.settings.Logger, b.warnings = zap.New(core), warnings
	t.Cleanup(func() { require.NoError(t, b.telemetry.Shutdown(context.Background())) })
	return b
}

func (b *bench) logs(t *testing.T) (*logs, *consumertest.LogsSink) {
	t.Helper()
	sink := new(consumertest.LogsSink)
	made, err := newLogs(b.settings, b.config, sink, b.clock)
	require.NoError(t, err)
	return made, sink
}

// requireOutcomes compares what the connector counted.
func (b *bench) requireOutcomes(t *testing.T, told, repeated, unmarked int64) {
	t.Helper()
	metadatatest.AssertEqualConnectorBetraceViolations(t, b.telemetry, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.String("outcome", "told")), Value: told},
		{Attributes: attribute.NewSet(attribute.String("outcome", "repeated")), Value: repeated},
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualConnectorBetraceSpansUnmarked(t, b.telemetry, []metricdata.DataPoint[int64]{{Value: unmarked}}, metricdatatest.IgnoreTimestamp())
}
