package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/collector"
)

// neighbourRules are a rule that rests on absence and one that rests on presence.
const neighbourRules = `
rules:
  - id: audited
    condition: |
      when { "GET /checkout" }
      always { audit.log }
  - id: no-bypass
    condition: never { fraud.bypass }
`

// The traffic before a neighbour: ten traces of each kind. The kind is the first byte of the trace id.
const (
	healthy   = 1
	unaudited = 2 // breaks audited, by absence
	bypassed  = 3 // breaks no-bypass, by presence
	perKind   = 10
)

// neighbourTrace is one trace in the two halves in which it comes: the root first, or its child.
func neighbourTrace(kind, number byte) (first, second ptrace.Traces) {
	half := func(spans ...func(ptrace.Span)) ptrace.Traces {
		batch := ptrace.NewTraces()
		resource := batch.ResourceSpans().AppendEmpty()
		resource.Resource().Attributes().PutStr("service.name", "shop")
		scope := resource.ScopeSpans().AppendEmpty()
		for _, fill := range spans {
			fill(scope.Spans().AppendEmpty())
		}
		return batch
	}
	named := func(id byte, name string) func(ptrace.Span) {
		return func(span ptrace.Span) {
			describe(span, number, id, name)
			span.SetTraceID(pcommon.TraceID{0: kind, 15: number})
			if id > 1 {
				span.SetParentSpanID(pcommon.SpanID{7: 1})
			}
		}
	}
	last := []func(ptrace.Span){named(2, "cart.load")}
	if kind != unaudited {
		last = append(last, named(3, "audit.log"))
	}
	if kind == bypassed {
		last = append(last, named(4, "fraud.bypass"))
	}
	return half(named(1, "GET /checkout")), half(last...)
}

// outcome is what one arrangement of processors makes of that traffic.
type outcome struct {
	violations map[string]map[byte]int // that came out, by rule and kind of trace
	counted    map[string]float64      // the processor's own verdicts, as "rule verdict(reason)"
	traces     map[byte]int            // that came out at least in part, by kind
	names      map[string]bool         // of all spans of applications that came out
	refused    int                     // batches that the sender got back
}

// neighbour is a row of the table in docs/pipeline.md.
type neighbour struct {
	before, behind string
	definition     string // of the neighbour, YAML, indented by two
	idle           string // trace.idle_timeout; empty: 1s
	takes          time.Duration
	sampled        bool // tail_sampling: wait for its decisions
	tracesOnly     bool // which violations come out hangs on what is pushed out first
	want           outcome
}

// asAlone is what comes of the traffic where nothing stands beside the processor.
var asAlone = outcome{
	violations: map[string]map[byte]int{"audited": {unaudited: perKind}, "no-bypass": {bypassed: perKind}},
	counted: map[string]float64{
		"audited violated()": 10, "audited satisfied()": 20, "no-bypass violated()": 10, "no-bypass satisfied()": 20,
	},
	traces: map[byte]int{healthy: perKind, unaudited: perKind, bypassed: perKind},
	names:  map[string]bool{"GET /checkout": true, "cart.load": true, "audit.log": true, "fraud.bypass": true},
}

// but copies asAlone and changes something.
func but(change func(*outcome)) outcome {
	o := outcome{violations: map[string]map[byte]int{"audited": {unaudited: perKind}, "no-bypass": {bypassed: perKind}}}
	o.counted, o.traces, o.names = asAlone.counted, asAlone.traces, asAlone.names
	change(&o)
	return o
}

const keepViolations = `
    policies:
      - name: broke-a-rule
        type: ottl_condition
        ottl_condition: { span: [ 'span.name == "betrace.violation"' ] }
`

const tinyMemoryLimit = "  memory_limiter: { check_interval: 100ms, limit_mib: 4, spike_limit_mib: 2 }\n"

var refusedWhole = outcome{violations: map[string]map[byte]int{}, counted: map[string]float64{}, traces: map[byte]int{}, names: map[string]bool{}, refused: 6 * perKind}

var neighbours = map[string]neighbour{
	"nothing":                        {want: asAlone},
	"batch before":                   {before: "batch", want: asAlone},
	"batch behind":                   {behind: "batch", want: asAlone},
	"memory_limiter before":          {before: "memory_limiter", definition: "  memory_limiter: { check_interval: 1s, limit_mib: 2000 }\n", want: asAlone},
	"memory_limiter behind":          {behind: "memory_limiter", definition: "  memory_limiter: { check_interval: 1s, limit_mib: 2000 }\n", want: asAlone},
	"memory_limiter refuses, before": {before: "memory_limiter", definition: tinyMemoryLimit, want: refusedWhole},
	"memory_limiter refuses, behind": {behind: "memory_limiter", definition: tinyMemoryLimit, want: refusedWhole},
	"filter before drops a span": {
		before:     "filter",
		definition: "  filter: { traces: { span: [ 'name == \"audit.log\"' ] } }\n",
		want: but(func(o *outcome) {
			o.violations["audited"] = map[byte]int{healthy: perKind, unaudited: perKind, bypassed: perKind}
			o.counted = map[string]float64{"audited violated()": 30, "no-bypass violated()": 10, "no-bypass satisfied()": 20}
			o.names = map[string]bool{"GET /checkout": true, "cart.load": true, "fraud.bypass": true}
		}),
	},
	"filter before drops the root": {
		before:     "filter",
		definition: "  filter: { traces: { span: [ 'IsRootSpan()' ] } }\n",
		want: but(func(o *outcome) {
			o.violations = map[string]map[byte]int{"no-bypass": {bypassed: perKind}}
			o.counted = map[string]float64{"audited inconclusive(no_root)": 30, "no-bypass violated()": 10, "no-bypass inconclusive(no_root)": 20}
			o.names = map[string]bool{"cart.load": true, "audit.log": true, "fraud.bypass": true}
		}),
	},
	"filter behind drops a span": {
		behind:     "filter",
		definition: "  filter: { traces: { span: [ 'name == \"audit.log\"' ] } }\n",
		want: but(func(o *outcome) {
			o.names = map[string]bool{"GET /checkout": true, "cart.load": true, "fraud.bypass": true}
		}),
	},
	"filter behind drops violations": {
		behind:     "filter",
		definition: "  filter: { traces: { span: [ 'status.code == STATUS_CODE_ERROR' ] } }\n",
		want:       but(func(o *outcome) { o.violations = map[string]map[byte]int{} }),
	},
	"transform before": {
		before:     "transform",
		definition: "  transform: { trace_statements: [ { context: span, statements: [ 'set(name, \"log\") where name == \"audit.log\"' ] } ] }\n",
		want: but(func(o *outcome) {
			o.violations["audited"] = map[byte]int{healthy: perKind, unaudited: perKind, bypassed: perKind}
			o.counted = map[string]float64{"audited violated()": 30, "no-bypass violated()": 10, "no-bypass satisfied()": 20}
			o.names = map[string]bool{"GET /checkout": true, "cart.load": true, "log": true, "fraud.bypass": true}
		}),
	},
	"transform behind": {
		behind:     "transform",
		definition: "  transform: { trace_statements: [ { context: span, statements: [ 'set(name, \"log\") where name == \"audit.log\"' ] } ] }\n",
		want: but(func(o *outcome) {
			o.names = map[string]bool{"GET /checkout": true, "cart.load": true, "log": true, "fraud.bypass": true}
		}),
	},
	"tail_sampling before": {
		before:     "tail_sampling",
		definition: "  tail_sampling:\n    decision_wait: 2s\n    policies: [ { name: bypasses, type: ottl_condition, ottl_condition: { span: [ 'span.name == \"fraud.bypass\"' ] } } ]\n",
		sampled:    true,
		want: but(func(o *outcome) {
			o.violations = map[string]map[byte]int{"no-bypass": {bypassed: perKind}}
			o.counted = map[string]float64{"audited satisfied()": 10, "no-bypass violated()": 10}
			o.traces = map[byte]int{bypassed: perKind}
		}),
	},
	// The longest trace takes 1 s and idle_timeout is 1 s: 1 + 1 + 2.
	"tail_sampling behind, waiting long enough": {
		behind:     "tail_sampling",
		definition: "  tail_sampling:\n    decision_wait: 4s\n    num_traces: 1000" + keepViolations,
		takes:      time.Second,
		sampled:    true,
		want: but(func(o *outcome) {
			o.traces = map[byte]int{unaudited: perKind, bypassed: perKind}
		}),
	},
	// Its wait is 30 s from the first span; these traces take 24 s and the default idle_timeout is 10 s.
	"tail_sampling behind, with its defaults": {
		behind:     "tail_sampling",
		definition: "  tail_sampling:" + keepViolations,
		idle:       "10s",
		takes:      24 * time.Second,
		sampled:    true,
		want: but(func(o *outcome) {
			o.violations["audited"] = nil
			o.traces = map[byte]int{bypassed: perKind}
		}),
	},
	"tail_sampling behind, deciding after the root": {
		behind:     "tail_sampling",
		definition: "  tail_sampling:\n    decision_wait: 60s\n    decision_wait_after_root_received: 1s" + keepViolations,
		idle:       "4s",
		sampled:    true,
		want: but(func(o *outcome) {
			o.violations["audited"] = nil
			o.traces = map[byte]int{bypassed: perKind}
		}),
	},
	"tail_sampling behind, with too few num_traces": {
		behind:     "tail_sampling",
		definition: "  tail_sampling:\n    decision_wait: 4s\n    num_traces: 5" + keepViolations,
		sampled:    true,
		tracesOnly: true,
		want:       but(func(o *outcome) { o.traces = map[byte]int{} }),
	},
}

// What each neighbour does to verdicts and to what comes out is as docs/pipeline.md says.
func TestNeighbours(t *testing.T) {
	for name, row := range neighbours {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := row.run(t)
			for _, rule := range []string{"audited", "no-bypass"} {
				if !row.tracesOnly && fmt.Sprint(got.violations[rule]) != fmt.Sprint(row.want.violations[rule]) {
					t.Errorf("violations of %s by kind of trace: %v, not %v", rule, got.violations[rule], row.want.violations[rule])
				}
			}
			for what, pair := range map[string][2]any{
				"verdicts": {got.counted, row.want.counted}, "traces that came out": {got.traces, row.want.traces},
				"names that came out": {got.names, row.want.names}, "batches refused": {got.refused, row.want.refused},
			} {
				if what == "names that came out" && row.sampled {
					continue
				}
				if fmt.Sprint(pair[0]) != fmt.Sprint(pair[1]) {
					t.Errorf("%s: %v, not %v", what, pair[0], pair[1])
				}
			}
		})
	}
}

func (n neighbour) run(t *testing.T) outcome {
	t.Helper()
	idle := n.idle
	if idle == "" {
		idle = "1s"
	}
	p := openPipeline(t, setup{
		rules: write(t, "rules.yaml", neighbourRules), before: n.before, processors: n.behind, definitions: n.definition,
		betrace: "    trace:\n      root_timeout: 1s\n      idle_timeout: " + idle + "\n",
	})
	got := outcome{violations: map[string]map[byte]int{}, counted: map[string]float64{}, traces: map[byte]int{}, names: map[string]bool{}}
	var mu sync.Mutex
	arrived := map[pcommon.TraceID]bool{}
	p.backend.OnBatch = func(batch ptrace.Traces) {
		mu.Lock()
		defer mu.Unlock()
		for trace, spans := range tracesOf([]ptrace.Traces{batch}) {
			for _, span := range spans {
				if span.Name() == "betrace.violation" {
					continue
				}
				got.names[span.Name()] = true
				if !arrived[trace] {
					arrived[trace] = true
					got.traces[trace[0]]++
				}
			}
		}
	}
	if strings.Contains(n.definition, "limit_mib: 4,") {
		p.awaitRefusals(t)
	}
	got.refused = n.send(t, p)
	if n.sampled {
		p.awaitSampling(t, 3*perKind)
	}
	if got.refused == 0 {
		// What stands before the processor may hold spans back for a moment.
		p.await(t, "the first verdict", func(context.Context) bool { return len(verdicts(t, p.Collector)) > 0 })
	}
	if err := p.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	got.counted = verdicts(t, p.Collector)
	p.stop(t)
	for _, v := range p.backend.Violations() {
		if got.violations[v.Rule] == nil {
			got.violations[v.Rule] = map[byte]int{}
		}
		got.violations[v.Rule][v.Trace[0]]++
	}
	return got
}

// send sends the first half of every trace, and when the traces have taken as long as they take, the rest. Meanwhile
// each trace goes on: spans of it come more often than it may be idle.
func (n neighbour) send(t *testing.T, p *pipeline) (refused int) {
	t.Helper()
	const steps = 4
	for step := range byte(steps + 1) {
		if step > 0 {
			time.Sleep(n.takes / steps)
		}
		for _, kind := range []byte{healthy, unaudited, bypassed} {
			for number := range byte(perKind) {
				batch, last := neighbourTrace(kind, number)
				switch {
				case step == steps:
					batch = last
				case step > 0 && n.takes == 0:
					continue
				case step > 0:
					span := batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
					describe(span, number, 10+step, "cart.load")
					span.SetTraceID(pcommon.TraceID{0: kind, 15: number})
					span.SetParentSpanID(pcommon.SpanID{7: 1})
				}
				if err := p.grpc.Send(t.Context(), batch); err != nil {
					refused++
				}
			}
		}
	}
	return refused
}

// label is the value of one label of a series.
func label(sample collector.Sample, key string) string {
	found := regexp.MustCompile(`(?:^|,)` + key + `="([^"]*)"`).FindStringSubmatch(sample.Labels)
	if found == nil {
		return ""
	}
	return found[1]
}

// awaitRefusals waits until memory_limiter has looked at the heap for the first time.
func (p *pipeline) awaitRefusals(t *testing.T) {
	t.Helper()
	p.await(t, "memory_limiter to refuse", func(context.Context) bool { return strings.Contains(p.Log(), "Refusing data") })
}

// awaitSampling waits until tail_sampling has decided about so many traces. What it would decide at a stop, with what it
// has by then, is not what it decides in its own time.
func (p *pipeline) awaitSampling(t *testing.T, traces float64) {
	t.Helper()
	p.await(t, "the sampler's decisions", func(ctx context.Context) bool {
		var decided float64
		samples, err := p.Metrics(ctx, "otelcol_processor_tail_sampling_")
		for _, sample := range samples {
			if strings.Contains(sample.Name, "global_count_traces_sampled") || strings.Contains(sample.Name, "dropped_too_early") {
				decided += sample.Value
			}
		}
		return err == nil && decided >= traces
	})
}

// Each row of the page's table is a case here, and each case a row.
func TestThePageOfNeighboursIsTested(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository(t), "docs", "pipeline.md"))
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+?) \|`).FindAllStringSubmatch(string(page), -1) {
		name := strings.ReplaceAll(row[1], "`", "")
		if _, ok := neighbours[name]; ok {
			shown = append(shown, name)
		} else if strings.Contains(name, " before") || strings.Contains(name, " behind") {
			t.Errorf("no test has the row %q", name)
		}
	}
	for name := range neighbours {
		if !slices.Contains(shown, name) {
			t.Errorf("the page has no row %q", name)
		}
	}
}
