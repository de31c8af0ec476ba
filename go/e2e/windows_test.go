package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"gopkg.in/yaml.v3"

	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/wire"
)

const windowRules = `
rules:
  - id: orders-go-well
    condition: over 3s by region always { share(order.where(ok), order) >= 10% }
  - id: many-orders
    severity: high
    condition: over 3s never { count(order) > 15 }
  - id: time-of-orders
    condition: over 3s by region never { avg(order, span:duration) > 1h }
`

// windowPart is one of several Collectors, and what came out of it.
type windowPart struct {
	*collector.Collector
	send wire.Sender
	mu   sync.Mutex
	told []ptrace.Span
}

func openWindowPart(t *testing.T, rules string) *windowPart {
	t.Helper()
	part := &windowPart{}
	sink := openSink(t, func(traces ptrace.Traces) {
		part.mu.Lock()
		defer part.mu.Unlock()
		for _, spans := range tracesOf([]ptrace.Traces{traces}) {
			for _, span := range spans {
				if span.Name() == "betrace.violation" {
					part.told = append(part.told, span.Span)
				}
			}
		}
	})
	s := setup{rules: rules, betrace: "    trace: { idle_timeout: 1s, root_timeout: 1s, max_age: 5s }\n"}
	var err error
	if part.Collector, err = s.start(t, sink.Address()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, part.Collector) })
	part.send = dialGRPC(t, part.Ports.GRPC)
	return part
}

// windowOrder is a trace of one order, of now; each seventh goes wrong, and those of the US are slower.
func windowOrder(number int, start time.Time) ptrace.Traces {
	region, took := "eu", time.Millisecond
	if number%4 == 0 {
		region, took = "us", 5*time.Millisecond
	}
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "shop")
	span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{1, byte(number), byte(start.UnixNano())})
	span.SetSpanID(pcommon.SpanID{1, byte(number)})
	span.SetName("order")
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(took)))
	span.Attributes().PutStr("region", region)
	span.Attributes().PutBool("ok", number%7 != 0)
	return traces
}

// seriesOf are the series of windows that a Collector shows now, by name and labels.
func (p *windowPart) seriesOf(t *testing.T) map[string]float64 {
	t.Helper()
	samples, err := p.Metrics(t.Context(), "otelcol_processor_betrace_window_")
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]float64{}
	for _, sample := range samples {
		series[fmt.Sprintf("%s{%s, instance=%q}", sample.Name, sample.Labels, p.Ports.Metrics)] = sample.Value
	}
	return series
}

// until waits for something that a Collector shows.
func (p *windowPart) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

func (p *windowPart) openWindows(t *testing.T) float64 {
	t.Helper()
	samples, err := p.Metrics(t.Context(), "otelcol_processor_betrace_windows_open")
	if err != nil || len(samples) != 1 {
		t.Fatalf("%v and %v", samples, err)
	}
	return samples[0].Value
}

// Three Collectors with a part of the traces each: what they count adds up to what replay says of all, by the expressions of
// docs/scaling.md, and each tells of its own windows in traces of their own.
func TestWindowsOfSeveralCollectorsAddUp(t *testing.T) {
	t.Parallel()
	rules := write(t, "rules.yaml", windowRules)
	parts := []*windowPart{openWindowPart(t, rules), openWindowPart(t, rules), openWindowPart(t, rules)}
	// No process sees a window whole in which it began.
	began := time.Now().Truncate(3 * time.Second).Add(3 * time.Second)
	parts[0].until(t, "the next window", func() bool { return !time.Now().Before(began) })
	var all []ptrace.Traces
	start := time.Now()
	for number := range 60 {
		order := windowOrder(number+1, start)
		all = append(all, order)
		send(t, parts[number%len(parts)].send, []ptrace.Traces{order})
	}
	before, after := map[string]float64{}, map[string]float64{}
	for _, part := range parts {
		// Each has a share and an average of two regions and a count of all.
		part.until(t, "the groups of the window", func() bool {
			series := part.seriesOf(t)
			for name, value := range series {
				before[name] = value
			}
			return len(series) == 2*3+2+2*3
		})
	}
	for _, part := range parts {
		part.until(t, "the end of the window", func() bool { return part.openWindows(t) == 0 })
		for name, value := range part.seriesOf(t) {
			after[name] = value
		}
		part.isTold(t, began)
	}
	for name, value := range before {
		if value != 0 {
			t.Errorf("%s begins at %v", name, value)
		}
	}
	promtool := monitoring(t, "promtool")
	askPromtool(t, promtool, before, after, wholeWindow(t, rules, all))
}

// isTold holds that the Collector told of the window in a trace of its own.
func (p *windowPart) isTold(t *testing.T, window time.Time) {
	t.Helper()
	p.until(t, "its violation", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.told) > 0
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.told) != 1 {
		t.Fatalf("%d violations", len(p.told))
	}
	span := p.told[0]
	is := func(key string, want any) {
		t.Helper()
		value, ok := span.Attributes().Get(key)
		if got := value.AsRaw(); !ok || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v, not %v", key, got, want)
		}
	}
	is("betrace.rule.id", "many-orders")
	is("betrace.window.start_unix_nano", window.UnixNano())
	is("betrace.window.end_unix_nano", window.Add(3*time.Second).UnixNano())
	is("betrace.window.measure", "count(order)")
	is("betrace.window.bound.low", 15.0)
	is("betrace.window.instances", 1)
	if count, _ := span.Attributes().Get("betrace.count"); count.Int() < 16 {
		t.Errorf("it counted %d", count.Int())
	}
	if !span.ParentSpanID().IsEmpty() || span.Links().Len() != 10 {
		t.Errorf("its parent is %v, and it has %d links", span.ParentSpanID(), span.Links().Len())
	}
	for _, link := range span.Links().All() {
		if link.TraceID() == span.TraceID() || link.TraceID()[0] != 1 {
			t.Errorf("it links to the trace %v", link.TraceID())
		}
	}
}

// windowLine is a line of `betrace replay --summary --format json` for a window.
type windowLine struct {
	Summary *struct {
		Rule    string            `json:"rule"`
		Group   map[string]string `json:"group"`
		Value   [2]float64        `json:"value"`
		Samples float64           `json:"samples"`
		Hits    float64           `json:"hits"`
	} `json:"window_summary"`
}

// wholeWindow is what replay says of all traces: the figures of the three expressions, by the labels of their result.
func wholeWindow(t *testing.T, rules string, all []ptrace.Traces) []map[string]float64 {
	t.Helper()
	var lines []string
	for _, traces := range all {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	traces := write(t, "traces.jsonl", strings.Join(lines, "\n"))
	command := exec.CommandContext(t.Context(), built(t, "target/release/betrace", "cli"), "replay", "--rules", rules, "--summary", "--format", "json", traces)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	figures := []map[string]float64{{}, {}, {}}
	for line := range bytes.Lines(out) {
		var one windowLine
		if err := json.Unmarshal(line, &one); err != nil || one.Summary == nil {
			continue
		}
		labels := fmt.Sprintf("{group=%q, rule=%q}", one.Summary.Group["region"], one.Summary.Rule)
		switch one.Summary.Rule {
		case "orders-go-well":
			figures[0][labels] = one.Summary.Hits / one.Summary.Samples
		case "many-orders":
			figures[1]["{rule=\"many-orders\"}"] = one.Summary.Samples
		case "time-of-orders":
			figures[2][labels] = one.Summary.Value[0]
		}
	}
	if len(figures[0]) != 2 || len(figures[1]) != 1 || len(figures[2]) != 2 {
		t.Fatalf("replay says %v of all: %s", figures, out)
	}
	return figures
}

// askPromtool evaluates the expressions of docs/scaling.md over series that step once.
func askPromtool(t *testing.T, promtool string, before, after map[string]float64, want []map[string]float64) {
	t.Helper()
	expressions := shown(t, filepath.Join("docs", "scaling.md"), "promql")
	if len(expressions) != len(want) {
		t.Fatalf("%d expressions are shown", len(expressions))
	}
	type series struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	type sample struct {
		Labels string  `yaml:"labels"`
		Value  float64 `yaml:"value"`
	}
	type query struct {
		Expr       string   `yaml:"expr"`
		EvalTime   string   `yaml:"eval_time"`
		ExpSamples []sample `yaml:"exp_samples"`
	}
	var input []series
	for name, value := range after {
		input = append(input, series{name, fmt.Sprintf("%vx10 %vx100", before[name], value)})
	}
	var queries []query
	for i, expression := range expressions {
		var samples []sample
		for labels, value := range want[i] {
			samples = append(samples, sample{labels, math.Round(value*1e6) / 1e6})
		}
		for _, eval := range []string{"15m", "50m"} {
			queries = append(queries, query{"round(" + expression + ", 0.000001)", eval, samples})
		}
	}
	file, err := yaml.Marshal(map[string]any{
		"fuzzy_compare": true,
		"tests":         []any{map[string]any{"interval": "1m", "input_series": input, "promql_expr_test": queries}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "windows.yaml")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", path).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s\nof\n%s", err, out, file)
	}
}
