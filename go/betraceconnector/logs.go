package betraceconnector

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/betrace/mark"
)

// evidence is the attribute that holds what the violation shows: a list of spans, each with its role, name, service and id.
const evidence = "betrace.evidence"

// logs tells each violation, and each evidence record, as a log event.
type logs struct {
	component.StartFunc
	component.ShutdownFunc
	reader *reader
	next   consumer.Logs
	clock  clock
}

func newLogs(set connector.Settings, config *Config, next consumer.Logs, clock clock) (*logs, error) {
	reader, err := newReader(set.TelemetrySettings, config, mark.SpanName, mark.RecordName)
	if err != nil {
		return nil, err
	}
	return &logs{reader: reader, next: next, clock: clock}, nil
}

// Capabilities say that batches are never changed.
func (*logs) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: false} }

// ConsumeTraces sends the events of a batch on in one call, and none where nothing of ours is in it. A refusal goes back
// to whoever sent the batch; the events that were refused are told when it comes again.
func (l *logs) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	found := l.reader.read(ctx, traces)
	if len(found) == 0 {
		return nil
	}
	if err := l.next.ConsumeLogs(ctx, l.events(found)); err != nil {
		return err
	}
	l.reader.were(ctx, found)
	return nil
}

// events writes what was found as events, those of one scope together.
func (l *logs) events(found []own) plog.Logs {
	written := plog.NewLogs()
	observed := pcommon.NewTimestampFromTime(l.clock.now())
	var records plog.LogRecordSlice
	for i := range found {
		one := &found[i]
		if i == 0 || one.scope != found[i-1].scope {
			resource := written.ResourceLogs().AppendEmpty()
			one.resource.Resource().CopyTo(resource.Resource())
			resource.SetSchemaUrl(one.resource.SchemaUrl())
			scope := resource.ScopeLogs().AppendEmpty()
			one.scope.Scope().CopyTo(scope.Scope())
			scope.SetSchemaUrl(one.scope.SchemaUrl())
			records = scope.LogRecords()
		}
		record := records.AppendEmpty()
		record.SetObservedTimestamp(observed)
		record.SetEventName(one.span.Name())
		record.SetTimestamp(one.span.EndTimestamp())
		if one.isRecord() {
			one.tellRecord(record)
		} else {
			one.tellViolation(record)
		}
	}
	return written
}

// tellViolation writes the violation as an event at the span that broke the rule.
func (o *own) tellViolation(record plog.LogRecord) {
	severity := o.text(ruleSev)
	record.SetSeverityText(severity)
	record.SetSeverityNumber(severityNumber(severity))
	record.Body().SetStr(o.text(message))
	trace, span := o.where()
	record.SetTraceID(trace)
	record.SetSpanID(span)
	o.tellAttributes(record)
	o.tellEvidence(record.Attributes())
}

// tellRecord writes an evidence record as an event at its own span. `betrace evidence` reads it back from the envelope among
// the attributes.
func (o *own) tellRecord(record plog.LogRecord) {
	record.SetSeverityNumber(plog.SeverityNumberInfo)
	record.SetSeverityText("info")
	sequence, _ := o.span.Attributes().Get("betrace.evidence.sequence")
	record.Body().SetStr(fmt.Sprintf("evidence record %d of %s (%s)", sequence.Int(), o.text("betrace.evidence.instance"), o.text("betrace.evidence.cause")))
	record.SetTraceID(o.span.TraceID())
	record.SetSpanID(o.span.SpanID())
	o.tellAttributes(record)
}

// tellAttributes copies those of the span, but for the mark, which is a span's alone, and for empty lists.
func (o *own) tellAttributes(record plog.LogRecord) {
	for key, value := range o.span.Attributes().All() {
		isEmpty := value.Type() == pcommon.ValueTypeSlice && value.Slice().Len() == 0
		if key != mark.Attribute && !isEmpty {
			value.CopyTo(record.Attributes().PutEmpty(key))
		}
	}
}

// where is the trace that broke the rule and the span in it that shows so: the violation's parent, or, where the violation
// stands in a trace of its own, the first span of its evidence. The violation span itself may be kept nowhere.
func (o *own) where() (pcommon.TraceID, pcommon.SpanID) {
	if parent := o.span.ParentSpanID(); !parent.IsEmpty() {
		return o.span.TraceID(), parent
	}
	if o.span.Links().Len() > 0 {
		first := o.span.Links().At(0)
		return first.TraceID(), first.SpanID()
	}
	return o.span.TraceID(), o.span.SpanID()
}

func (o *own) tellEvidence(attributes pcommon.Map) {
	if o.span.Links().Len() == 0 {
		return
	}
	shown := attributes.PutEmptySlice(evidence)
	for _, link := range o.span.Links().All() {
		one := shown.AppendEmpty().SetEmptyMap()
		for key, name := range map[string]string{role: "role", "betrace.span.name": "span.name", "service.name": "service.name"} {
			if value, found := link.Attributes().Get(key); found {
				value.CopyTo(one.PutEmpty(name))
			}
		}
		one.PutStr("span_id", link.SpanID().String())
	}
}

// severityNumber maps a rule's severity as OpenTelemetry's data model of logs maps syslog's: critical to ERROR2, and
// never to FATAL, because nothing crashed.
func severityNumber(severity string) plog.SeverityNumber {
	switch severity {
	case "critical":
		return plog.SeverityNumberError2
	case "high":
		return plog.SeverityNumberError
	case "medium":
		return plog.SeverityNumberWarn
	case "low":
		return plog.SeverityNumberInfo2
	case "info":
		return plog.SeverityNumberInfo
	default:
		return plog.SeverityNumberUnspecified
	}
}
