package betraceconnector

import (
	"context"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/betracehq/betrace/go/betrace/mark"
	"github.com/betracehq/betrace/go/betraceconnector/internal/metadata"
)

// Attributes of a violation span that are read here; all others go on as they are.
const (
	ruleID   = "betrace.rule.id"
	ruleSev  = "betrace.rule.severity"
	message  = "betrace.message"
	offender = "betrace.offender.service.name"
	role     = "betrace.role"
)

// Outcomes of a violation that comes by.
const (
	told     = "told"
	repeated = "repeated"
)

// own is a span of ours, a violation or an evidence record, with what stands around it, all of it the batch's: to be read,
// not kept.
type own struct {
	resource ptrace.ResourceSpans
	scope    ptrace.ScopeSpans
	span     ptrace.Span
	id       identity
}

func (o *own) isRecord() bool { return o.span.Name() == mark.RecordName }

// text is an attribute of the span, empty where it is none or no text.
func (o *own) text(key string) string {
	value, found := o.span.Attributes().Get(key)
	if !found || value.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return value.Str()
}

// reader picks our own spans out of what comes by, each once: one that was delivered again, because some exporter beside
// this connector had refused it, is not told again.
type reader struct {
	// names are of the spans that it picks.
	names     []string
	keys      []mark.Key
	log       *zap.Logger
	telemetry *metadata.TelemetryBuilder
	recent    recent
	warned    atomic.Bool
}

func newReader(set component.TelemetrySettings, config *Config, names ...string) (*reader, error) {
	keys, err := config.keys()
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	r := &reader{names: names, keys: keys, log: set.Logger, telemetry: telemetry}
	// Each counter is there from the start, so that what asks for its increase sees the first.
	telemetry.ConnectorBetraceSpansUnmarked.Add(context.Background(), 0)
	telemetry.ConnectorBetraceFlushesFailed.Add(context.Background(), 0)
	for _, name := range names {
		for _, of := range []string{told, repeated} {
			r.counterOf(name == mark.RecordName).Add(context.Background(), 0, outcome(of))
		}
	}
	return r, nil
}

// read is what of a batch was not told yet, in its order.
func (r *reader) read(ctx context.Context, traces ptrace.Traces) []own {
	var found, again []own
	var unmarked int64
	seen := map[identity]bool{}
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			if scope.Scope().Name() != mark.Scope {
				continue
			}
			for _, span := range scope.Spans().All() {
				one := own{resource: resource, scope: scope, span: span, id: identityOf(span)}
				switch claimed, known := r.knows(span); {
				case !claimed:
				case !known:
					unmarked++
				case seen[one.id] || r.recent.has(one.id):
					again = append(again, one)
				default:
					seen[one.id] = true
					found = append(found, one)
				}
			}
		}
	}
	r.count(ctx, again, repeated)
	r.warn(ctx, unmarked)
	return found
}

func (r *reader) counterOf(isRecord bool) metric.Int64Counter {
	if isRecord {
		return r.telemetry.ConnectorBetraceRecords
	}
	return r.telemetry.ConnectorBetraceViolations
}

func (r *reader) count(ctx context.Context, these []own, of string) {
	for i := range these {
		r.counterOf(these[i].isRecord()).Add(ctx, 1, outcome(of))
	}
}

func (r *reader) warn(ctx context.Context, unmarked int64) {
	if unmarked == 0 {
		return
	}
	r.telemetry.ConnectorBetraceSpansUnmarked.Add(ctx, unmarked)
	if !r.warned.Swap(true) {
		r.log.Warn("a span says it is a violation or an evidence record and bears no mark of a known key, so it is not told (further ones are counted in connector_betrace_spans_unmarked): it is forged, or `key` is not the `violations::key` of the processor that made it")
	}
}

// were keeps that these were told.
func (r *reader) were(ctx context.Context, these []own) {
	for i := range these {
		r.recent.add(these[i].id)
	}
	r.count(ctx, these, told)
}

// knows tells whether a span in our scope says that it is one of those that are picked, and whether it is.
func (r *reader) knows(span ptrace.Span) (claimed, known bool) {
	if !slices.Contains(r.names, span.Name()) {
		return false, false
	}
	value, found := span.Attributes().Get(mark.Attribute)
	if !found || value.Type() != pcommon.ValueTypeStr {
		return true, false
	}
	made := func(key mark.Key) bool { return key.Made(value.Str(), span.TraceID(), span.SpanID()) }
	return true, slices.ContainsFunc(r.keys, made) || slices.ContainsFunc(mark.Announced(), made)
}

func outcome(of string) metric.AddOption {
	return metric.WithAttributes(attribute.String("outcome", of))
}
