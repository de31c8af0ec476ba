package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/betracehq/betrace/go/e2e/collector"
)

// What a person sees of a violation in Jaeger: a real one, asked by the API that its pages ask.

// The Jaeger that `make e2e` builds is a Collector too, with a storage and an API; the API takes the place of the
// receiver of OTLP over HTTP.
const jaegerConfig = `
extensions:
  healthcheckv2: { use_v2: true, http: { endpoint: "${env:BETRACE_HEALTH}", status: { enabled: true, path: / } } }
  jaeger_storage: { backends: { memory: { memory: { max_traces: 100000 } } } }
  jaeger_query:
    storage: { traces: memory }
    http: { endpoint: "${env:BETRACE_OTLP_HTTP}" }
    grpc: { endpoint: "127.0.0.1:0" }
receivers:
  otlp: { protocols: { grpc: { endpoint: "${env:BETRACE_OTLP_GRPC}" } } }
exporters:
  jaeger_storage_exporter: { trace_storage: memory }
service:
  extensions: [healthcheckv2, jaeger_storage, jaeger_query]
  telemetry: { logs: { level: warn }, metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [jaeger_storage_exporter] }
`

// jaegerSpan is a span as Jaeger's API answers it; times are in microseconds since 1970.
type jaegerSpan struct {
	SpanID        string
	OperationName string
	References    []struct{ RefType, TraceID, SpanID string }
	StartTime     int64
	Duration      int64
	Tags          []jaegerTag
	Logs          []struct{ Fields []jaegerTag }
	ProcessID     string
}

type jaegerTag struct {
	Key   string
	Value any
}

type jaegerTrace struct {
	TraceID   string
	Spans     []jaegerSpan
	Processes map[string]struct{ ServiceName string }
}

func tagged(tags []jaegerTag, key string) string {
	for _, tag := range tags {
		if tag.Key == key {
			return fmt.Sprint(tag.Value)
		}
	}
	return ""
}

// parent is the span that the pages draw this one below; a reference of another kind draws none.
func (s *jaegerSpan) parent() string {
	for _, reference := range s.References {
		if reference.RefType == "CHILD_OF" {
			return reference.SpanID
		}
	}
	return ""
}

func (s *jaegerSpan) isViolation() bool { return s.OperationName == "betrace.violation" }

// jaegerBinary is Jaeger's own program.
func jaegerBinary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(repository(t), "target", "tools", "jaeger")
	if _, err := os.Stat(path); err != nil {
		t.Skip("Jaeger is not built; `make e2e` builds it, `make target/tools/jaeger` too, and runs this")
	}
	return path
}

type jaeger struct{ *collector.Collector }

func openJaeger(t *testing.T) *jaeger {
	t.Helper()
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	started, err := collector.Start(t.Context(), collector.Options{Binary: jaegerBinary(t), Config: write(t, "jaeger.yaml", jaegerConfig), Ports: ports})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, started) })
	return &jaeger{started}
}

// ask asks the API for traces.
func (j *jaeger) ask(t *testing.T, path string, query url.Values) []jaegerTrace {
	t.Helper()
	url := "http://" + j.Ports.HTTP + path + "?" + query.Encode()
	body := fetch(t, url)
	var answer struct{ Data []jaegerTrace }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%s: %v:\n%s", url, err, body)
	}
	return answer.Data
}

// recordedInJaeger sends the recordings of the shop through the Collector into a Jaeger, and says which rule is broken where.
func recordedInJaeger(t *testing.T) (*jaeger, []string) {
	t.Helper()
	stored := openJaeger(t)
	started, err := setup{rules: shopRules(t)}.start(t, stored.Ports.GRPC)
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{Collector: started}
	t.Cleanup(func() { p.stop(t) })
	p.grpc = dialGRPC(t, started.Ports.GRPC)
	batches := read(t, shopTraces(t))
	send(t, p.grpc, batches)
	p.decide(t)
	return stored, broken(batches)
}

// Each violation stands in the trace that broke the rule, as a child of its trigger and within its time; the row tells
// which rule it is, and the logs which spans it rests on, in what role.
func TestAViolationIsReadAtAGlanceInJaeger(t *testing.T) {
	t.Parallel()
	stored, faults := recordedInJaeger(t)
	if len(faults) == 0 {
		t.Fatal("the recordings break no rule")
	}
	for _, fault := range faults {
		rule, id, _ := strings.Cut(fault, " ")
		traces := stored.ask(t, "/api/traces/"+id, nil)
		if len(traces) != 1 {
			t.Errorf("%s: %d traces", fault, len(traces))
			continue
		}
		found := 0
		for _, span := range traces[0].Spans {
			if span.isViolation() && tagged(span.Tags, "betrace.rule.id") == rule {
				found++
				for _, problem := range unreadable(&traces[0], &span) {
					t.Errorf("%s: %s", fault, problem)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s: %d violations in the trace", fault, found)
		}
	}
}

// unreadable lists what a person would miss of a violation.
func unreadable(trace *jaegerTrace, span *jaegerSpan) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if service := trace.Processes[span.ProcessID].ServiceName; service != "betrace" {
		wrong("its service is %q", service)
	}
	rule, name := tagged(span.Tags, "betrace.rule.id"), tagged(span.Tags, "betrace.rule.name")
	if status := tagged(span.Tags, "otel.status_description"); !strings.HasPrefix(status, rule+" ("+name+"): ") {
		wrong("its status is %q", status)
	}
	for _, tag := range span.Tags {
		if value := fmt.Sprint(tag.Value); value == "[]" || value == "" {
			wrong("%s is %q", tag.Key, value)
		}
	}
	roles := map[string]string{}
	for _, log := range span.Logs {
		roles[tagged(log.Fields, "betrace.span.id")] = tagged(log.Fields, "betrace.role")
	}
	for _, reference := range span.References {
		if roles[reference.SpanID] == "" || reference.TraceID != trace.TraceID {
			wrong("its reference to %s has no role in its logs: %v", reference.SpanID, roles)
		}
	}
	above := slices.IndexFunc(trace.Spans, func(other jaegerSpan) bool { return other.SpanID == span.parent() })
	switch {
	case above < 0:
		wrong("it is a child of none: %v", span.References)
	case roles[trace.Spans[above].SpanID] == "witness":
		wrong("it is a child of a witness")
	case span.StartTime < trace.Spans[above].StartTime || span.StartTime+span.Duration > trace.Spans[above].StartTime+trace.Spans[above].Duration:
		wrong("it lasts from %d for %d us, its parent from %d for %d us", span.StartTime, span.Duration, trace.Spans[above].StartTime, trace.Spans[above].Duration)
	}
	return problems
}

// The searches that docs/grafana.md names find the traces of one rule and of one severity, and no others.
func TestTagsFindViolationsInJaeger(t *testing.T) {
	t.Parallel()
	stored, faults := recordedInJaeger(t)
	found := func(tags string) []string {
		var ids []string
		for _, trace := range stored.ask(t, "/api/traces", url.Values{
			"service": {"betrace"}, "operation": {"betrace.violation"}, "tags": {tags}, "limit": {"1000"}, "start": {"0"}, "end": {"2000000000000000"},
		}) {
			ids = append(ids, trace.TraceID)
		}
		slices.Sort(ids)
		return ids
	}
	for tags, rules := range map[string][]string{
		`{"betrace.rule.id":"retry-storm"}`:    {"retry-storm"},
		`{"betrace.rule.severity":"critical"}`: severeRules(t, "critical"),
	} {
		var want []string
		for _, fault := range faults {
			if rule, id, _ := strings.Cut(fault, " "); slices.Contains(rules, rule) && !slices.Contains(want, id) {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		if got := found(tags); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s finds\n%v, not\n%v", tags, got, want)
		}
	}
}

// severeRules are the shop's rules of a severity.
func severeRules(t *testing.T, severity string) (ids []string) {
	t.Helper()
	var file struct {
		Rules []struct{ ID, Severity string }
	}
	readInto(t, filepath.Join(shopRules(t), "shop.yaml"), yaml.Unmarshal, &file)
	for _, rule := range file.Rules {
		if rule.Severity == severity {
			ids = append(ids, rule.ID)
		}
	}
	return ids
}

// The drawing in docs/grafana.md is made of what Jaeger answers; BETRACE_DRAW=1 writes it anew.
func TestTheDrawingOfJaegerIsFresh(t *testing.T) {
	t.Parallel()
	stored, faults := recordedInJaeger(t)
	at := slices.IndexFunc(faults, func(fault string) bool { return strings.HasPrefix(fault, "high-value-payment ") })
	if at < 0 {
		t.Fatal("no recording breaks high-value-payment")
	}
	_, id, _ := strings.Cut(faults[at], " ")
	drawing := draw(stored.ask(t, "/api/traces/"+id, nil)[0])
	path := filepath.Join(repository(t), "docs", "grafana.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, shown, after := fencedBlock(t, string(page), "```text jaeger\n")
	if os.Getenv("BETRACE_DRAW") != "" {
		if err := os.WriteFile(path, []byte(before+"```text jaeger\n"+drawing+"```"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != drawing {
		t.Errorf("docs/grafana.md shows\n%s\nand Jaeger answers\n%s", shown, drawing)
	}
}

const (
	drawnNames = 48
	drawnBar   = 36
)

// draw draws a trace as Jaeger's pages do: a row a span below its parent, a bar for its time; below a violation what
// its status and its logs say.
func draw(trace jaegerTrace) string {
	first, last := trace.Spans[0].StartTime, int64(0)
	children := map[string][]*jaegerSpan{}
	known := map[string]bool{}
	for _, span := range trace.Spans {
		known[span.SpanID] = true
	}
	for i := range trace.Spans {
		span := &trace.Spans[i]
		first, last = min(first, span.StartTime), max(last, span.StartTime+span.Duration)
		above := span.parent()
		if !known[above] {
			above = ""
		}
		children[above] = append(children[above], span)
	}
	var text strings.Builder
	at := func(time int64) int { return int((time - first) * drawnBar / max(last-first, 1)) }
	var row func(span *jaegerSpan, depth int)
	row = func(span *jaegerSpan, depth int) {
		indent := strings.Repeat("  ", depth)
		name := indent + trace.Processes[span.ProcessID].ServiceName + " " + span.OperationName
		begin := min(at(span.StartTime), drawnBar-1)
		length := max(at(span.StartTime+span.Duration)-begin, 1)
		fmt.Fprintf(&text, "%-*s|%s%s%s|\n", drawnNames, name, strings.Repeat(" ", begin), strings.Repeat("=", length), strings.Repeat(" ", max(drawnBar-begin-length, 0)))
		if span.isViolation() {
			fmt.Fprintf(&text, "%s  error: %s\n", indent, tagged(span.Tags, "otel.status_description"))
			for _, log := range span.Logs {
				fmt.Fprintf(&text, "%s  %s: %s %s\n", indent, tagged(log.Fields, "betrace.role"), tagged(log.Fields, "service.name"), tagged(log.Fields, "betrace.span.name"))
			}
		}
		below := children[span.SpanID]
		slices.SortFunc(below, func(a, b *jaegerSpan) int {
			return cmp.Or(cmp.Compare(a.StartTime, b.StartTime), cmp.Compare(a.SpanID, b.SpanID))
		})
		for _, child := range below {
			row(child, depth+1)
		}
	}
	for _, root := range children[""] {
		row(root, 0)
	}
	return text.String()
}
