package betraceconnector

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

func TestAViolationIsALogEventAtTheSpanThatBrokeTheRule(t *testing.T) {
	l, sink := newBench(t, nil).logs(t)
	require.NoError(t, l.ConsumeTraces(context.Background(), violations(t, broken(1, "audited", "payments"))))

	require.Len(t, sink.AllLogs(), 1)
	resource := sink.AllLogs()[0].ResourceLogs().At(0)
	require.Equal(t, map[string]any{"service.name": "betrace"}, resource.Resource().Attributes().AsRaw())
	scope := resource.ScopeLogs().At(0)
	require.Equal(t, []string{"betrace", "0.1.0"}, []string{scope.Scope().Name(), scope.Scope().Version()})
	require.Equal(t, 1, scope.LogRecords().Len())
	event := scope.LogRecords().At(0)
	require.Equal(t, "betrace.violation", event.EventName())
	require.Equal(t, "audited was broken", event.Body().Str())
	require.Equal(t, plog.SeverityNumberError, event.SeverityNumber())
	require.Equal(t, "high", event.SeverityText())
	require.Equal(t, epoch.Add(-time.Second).UTC(), event.Timestamp().AsTime())
	require.Equal(t, epoch.UTC(), event.ObservedTimestamp().AsTime())
	require.Equal(t, pcommon.TraceID{1, 1}, event.TraceID())
	require.Equal(t, pcommon.SpanID{3, 1}, event.SpanID())
	// The mark is a span's alone, and an empty list says nothing.
	require.Equal(t, map[string]any{
		"betrace.rule.id": "audited", "betrace.rule.severity": "high", "betrace.message": "audited was broken",
		"betrace.compliance.controls": []any{"CC7.2"},
		"betrace.count":               int64(2), "betrace.violation.id": "0123456789abcdef0123456789abcdef",
		"betrace.offender.service.name": "payments",
		"betrace.evidence": []any{map[string]any{
			"role": "offender", "span.name": "charge", "service.name": "payments", "span_id": "0801000000000000",
		}},
	}, event.Attributes().AsRaw())
}

func TestAViolationInATraceOfItsOwnIsToldInTheTraceThatBrokeTheRule(t *testing.T) {
	l, sink := newBench(t, nil).logs(t)
	one := broken(1, "audited", "payments")
	one.own = true
	require.NoError(t, l.ConsumeTraces(context.Background(), violations(t, one)))
	event := sink.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	require.Equal(t, pcommon.TraceID{9, 1}, event.TraceID())
	require.Equal(t, pcommon.SpanID{8, 1}, event.SpanID())
}

func TestSeveritiesAreThoseOfTheModelOfLogs(t *testing.T) {
	for severity, number := range map[string]plog.SeverityNumber{
		"critical": plog.SeverityNumberError2, "high": plog.SeverityNumberError, "medium": plog.SeverityNumberWarn,
		"low": plog.SeverityNumberInfo2, "info": plog.SeverityNumberInfo, "dire": plog.SeverityNumberUnspecified,
	} {
		l, sink := newBench(t, nil).logs(t)
		one := broken(1, "audited", "payments")
		one.severity = severity
		require.NoError(t, l.ConsumeTraces(context.Background(), violations(t, one)))
		event := sink.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		require.Equal(t, number, event.SeverityNumber(), severity)
		require.Equal(t, severity, event.SeverityText())
	}
}

func TestViolationsOfSeveralScopesKeepTheirResources(t *testing.T) {
	l, sink := newBench(t, nil).logs(t)
	batch := violations(t, broken(1, "a", "x"), broken(2, "b", "x"))
	joined := violations(t, broken(3, "c", "x"))
	both := newTraces(batch, joined)
	both.ResourceSpans().At(1).Resource().Attributes().PutStr("k8s.pod.name", "checker-1")
	require.NoError(t, l.ConsumeTraces(context.Background(), both))
	resources := sink.AllLogs()[0].ResourceLogs()
	require.Equal(t, 2, resources.Len())
	require.Equal(t, 2, resources.At(0).ScopeLogs().At(0).LogRecords().Len())
	require.Equal(t, 1, resources.At(1).ScopeLogs().At(0).LogRecords().Len())
	pod, found := resources.At(1).Resource().Attributes().Get("k8s.pod.name")
	require.True(t, found)
	require.Equal(t, "checker-1", pod.Str())
}

// A refusal goes back, and the processor sends the violation again; what was told is not told twice, for instance where
// an exporter beside the connector refused it.
func TestARefusedEventIsToldWhenItComesAgainAndOthersAreNotToldTwice(t *testing.T) {
	b := newBench(t, nil)
	refusal := errors.New("not now")
	l, err := newLogs(b.settings, b.config, consumertest.NewErr(refusal), b.clock)
	require.NoError(t, err)
	batch := violations(t, broken(1, "audited", "payments"))
	require.ErrorIs(t, l.ConsumeTraces(context.Background(), batch), refusal)
	b.requireOutcomes(t, 0, 0, 0)

	sink := new(consumertest.LogsSink)
	l.next = sink
	require.NoError(t, l.ConsumeTraces(context.Background(), batch))
	require.NoError(t, l.ConsumeTraces(context.Background(), batch))
	require.NoError(t, l.ConsumeTraces(context.Background(), violations(t, broken(2, "audited", "payments"), broken(2, "audited", "payments"))))
	require.Equal(t, 2, sink.LogRecordCount())
	b.requireOutcomes(t, 2, 2, 0)
}
