package betraceconnector

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/betracehq/betrace/go/betraceconnector/internal/metadatatest"
)

const envelope = `{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}`

// evidenceRecord is a batch with one evidence record, as go/betraceprocessor/evidence_write.go sends it.
func evidenceRecord(t *testing.T, n byte, secret string) ptrace.Traces {
	t.Helper()
	traces, scope := sentByUs()
	span := scope.Spans().AppendEmpty()
	span.SetName("betrace.evidence")
	span.SetTraceID(pcommon.TraceID{5, n})
	span.SetSpanID(pcommon.SpanID{6, n})
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch))
	attributes := span.Attributes()
	attributes.PutStr("betrace.evidence.instance", "4f0c")
	attributes.PutInt("betrace.evidence.sequence", int64(n))
	attributes.PutStr("betrace.evidence.cause", "period")
	attributes.PutStr("betrace.evidence.envelope", envelope)
	if secret != "" {
		attributes.PutStr("betrace.mark", keyOf(t, secret).Mark(span.TraceID(), span.SpanID()))
	}
	traces.MarkReadOnly()
	return traces
}

// requireRecords compares what the connector counted of records.
func (b *bench) requireRecords(t *testing.T, told, repeated int64) {
	t.Helper()
	metadatatest.AssertEqualConnectorBetraceRecords(t, b.telemetry, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.String("outcome", "told")), Value: told},
		{Attributes: attribute.NewSet(attribute.String("outcome", "repeated")), Value: repeated},
	}, metricdatatest.IgnoreTimestamp())
}

func TestAnEvidenceRecordIsALogEventThatHoldsItWhole(t *testing.T) {
	b := newBench(t, nil)
	l, sink := b.logs(t)
	batch := newTraces(evidenceRecord(t, 7, tierKey), violations(t, broken(1, "audited", "payments")))
	require.NoError(t, l.ConsumeTraces(context.Background(), batch))
	require.Equal(t, 2, sink.LogRecordCount())
	event := sink.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	require.Equal(t, "betrace.evidence", event.EventName())
	require.Equal(t, "evidence record 7 of 4f0c (period)", event.Body().Str())
	require.Equal(t, plog.SeverityNumberInfo, event.SeverityNumber())
	require.Equal(t, epoch.UTC(), event.Timestamp().AsTime())
	require.Equal(t, pcommon.TraceID{5, 7}, event.TraceID())
	require.Equal(t, pcommon.SpanID{6, 7}, event.SpanID())
	require.Equal(t, map[string]any{
		"betrace.evidence.instance": "4f0c", "betrace.evidence.sequence": int64(7), "betrace.evidence.cause": "period",
		"betrace.evidence.envelope": envelope,
	}, event.Attributes().AsRaw())
	require.Equal(t, "betrace.violation", sink.AllLogs()[0].ResourceLogs().At(1).ScopeLogs().At(0).LogRecords().At(0).EventName())
	b.requireRecords(t, 1, 0)
	b.requireOutcomes(t, 1, 0, 0)
}

func TestARecordIsToldOnceAndByAKnownKeyAlone(t *testing.T) {
	b := newBench(t, nil)
	l, sink := b.logs(t)
	for range 2 {
		require.NoError(t, l.ConsumeTraces(context.Background(), evidenceRecord(t, 1, tierKey)))
		require.NoError(t, l.ConsumeTraces(context.Background(), evidenceRecord(t, 2, otherKey)))
		require.NoError(t, l.ConsumeTraces(context.Background(), evidenceRecord(t, 3, "")))
	}
	require.Equal(t, 1, sink.LogRecordCount())
	b.requireRecords(t, 1, 1)
	b.requireOutcomes(t, 0, 0, 4)
}

// The processor that made it tries again, as long as any of those it goes to refuses it.
func TestARecordThatWasRefusedIsToldWhenItComesAgain(t *testing.T) {
	b := newBench(t, nil)
	refused := errors.New("not now")
	refusing, err := newLogs(b.settings, b.config, consumertest.NewErr(refused), b.clock)
	require.NoError(t, err)
	require.ErrorIs(t, refusing.ConsumeTraces(context.Background(), evidenceRecord(t, 1, tierKey)), refused)
	sink := new(consumertest.LogsSink)
	refusing.next = sink
	require.NoError(t, refusing.ConsumeTraces(context.Background(), evidenceRecord(t, 1, tierKey)))
	require.Equal(t, 1, sink.LogRecordCount())
	b.requireRecords(t, 1, 0)
}

func TestARecordIsNoViolationForTheMetric(t *testing.T) {
	b := newBench(t, nil)
	sink := new(consumertest.MetricsSink)
	m, err := newMetrics(b.settings, b.config, sink, b.clock)
	require.NoError(t, err)
	require.NoError(t, m.Start(context.Background(), nil))
	require.NoError(t, m.ConsumeTraces(context.Background(), evidenceRecord(t, 1, "")))
	require.NoError(t, m.ConsumeTraces(context.Background(), evidenceRecord(t, 2, tierKey)))
	require.NoError(t, m.Shutdown(context.Background()))
	require.Empty(t, sink.AllMetrics())
	b.requireOutcomes(t, 0, 0, 0)
}
