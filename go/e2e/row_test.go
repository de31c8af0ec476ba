package e2e

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/wire"
)

// What the processor adds to a Collector, against a Collector without it and against tail_sampling: rows of the table that
// `make bench` prints.

// row is one line of the table, as rust/bench/src/row.rs reads it.
type row struct {
	Name     string  `json:"name"`
	Ours     float64 `json:"ours"`
	Peer     float64 `json:"peer"`
	PeerName string  `json:"peer_name"`
	Ratio    float64 `json:"ratio"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Unit     string  `json:"unit"`
}

const costConfig = `
extensions: { health_check: { endpoint: "${env:BETRACE_HEALTH}" } }
receivers: { otlp: { protocols: { grpc: { endpoint: "${env:BETRACE_OTLP_GRPC}", max_recv_msg_size_mib: 64 } } } }
processors:
%s
exporters: { nop: {} }
service:
  extensions: [health_check]
  telemetry: { logs: { level: error }, metrics: { level: normal, readers: [ { pull: { exporter: { prometheus: { host: 127.0.0.1, port: "${env:BETRACE_METRICS_PORT}" } } } } ] } }
  pipelines: { traces: { receivers: [otlp], processors: [%s], exporters: [nop] } }
`

// Ten conditions, said to both.
func tenStatuses(say func(status int) string) string {
	var text strings.Builder
	for status := 500; status < 510; status++ {
		text.WriteString(say(status))
	}
	return text.String()
}

func betraceCosting(rules, trace string, memory int) string {
	return fmt.Sprintf("  betrace:\n    rules: { files: [%q] }\n    trace: { %s }\n    limits: { memory_mib: %d }\n    violations: { emit: none }\n", rules, trace, memory)
}

func tailSamplingCosting(wait string) string {
	return fmt.Sprintf("  tail_sampling:\n    decision_wait: %s\n    num_traces: 600000\n    policies:\n", wait) + tenStatuses(func(status int) string {
		return fmt.Sprintf("      - { name: status-%[1]d, type: numeric_attribute, numeric_attribute: { key: http.response.status_code, min_value: %[1]d, max_value: %[1]d } }\n", status)
	})
}

func tenRules(t *testing.T) string {
	t.Helper()
	return write(t, "ten.yaml", "rules:\n"+tenStatuses(func(status int) string {
		return fmt.Sprintf("  - { id: status-%[1]d, condition: 'never { any.where(http.response.status_code == %[1]d) }' }\n", status)
	}))
}

// costing is a Collector whose cost is measured.
type costing struct {
	*collector.Collector
	send wire.Sender
	at   time.Duration
}

func startCosting(t *testing.T, name, definition string, env ...string) *costing {
	t.Helper()
	return startMeasured(t, fmt.Sprintf(costConfig, definition, name), env...)
}

// startMeasured starts a Collector of this configuration.
func startMeasured(t *testing.T, config string, env ...string) *costing {
	t.Helper()
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	started, err := collector.Start(t.Context(), collector.Options{Binary: collectorBinary(t), Config: write(t, "config.yaml", config), Ports: ports, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, started) })
	return &costing{Collector: started, send: dialGRPC(t, ports.GRPC)}
}

// since is what its processor time has grown by since it was asked last, in nanoseconds.
func (c *costing) since(t *testing.T) float64 {
	t.Helper()
	now, err := c.Processor()
	if err != nil {
		t.Fatal(err)
	}
	passed := now - c.at
	c.at = now
	return float64(passed)
}

// traffic is what `make bench` has written, to be sent again and again as other traces.
type traffic struct {
	batches []ptrace.Traces
	spans   []ptrace.Span
	ids     []pcommon.TraceID
	round   uint64
	next    int
}

func benchFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("BETRACE_BENCH")
	if folder == "" {
		t.Skip("BETRACE_BENCH names no folder of traffic and rules: `make bench` measures this")
	}
	return folder
}

func readTraffic(t *testing.T, folder string) *traffic {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "traffic", "batch-*.otlp"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no traffic: %v", err)
	}
	all := &traffic{}
	for _, name := range names {
		bytes, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(bytes)
		if err != nil {
			t.Fatal(err)
		}
		all.batches = append(all.batches, batch)
		for _, resource := range batch.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					all.spans, all.ids = append(all.spans, span), append(all.ids, span.TraceID())
				}
			}
		}
	}
	return all
}

// slice are the next batches with at least so many spans. Each round has traces of its own.
func (f *traffic) slice(spans int) (batches []ptrace.Traces, count int) {
	for count < spans {
		if f.next == len(f.batches) {
			f.next = 0
			f.round++
			for at, span := range f.spans {
				id := f.ids[at]
				binary.LittleEndian.PutUint64(id[:], binary.LittleEndian.Uint64(id[:])^f.round)
				span.SetTraceID(id)
			}
			// What was handed out holds the batches of before.
			if len(batches) > 0 {
				break
			}
		}
		batches = append(batches, f.batches[f.next])
		count += f.batches[f.next].SpanCount()
		f.next++
	}
	return batches, count
}

func isQuick() bool { return os.Getenv("QUICK") != "" }

// slicesOfCycle are sent to each Collector in a cycle, of sliceSpans each: so many spans that each collects its garbage in every
// cycle. tail_sampling keeps some two kilobytes of a span for ten seconds, and marks all of them about every 300,000 spans, which
// takes it several times what it takes otherwise: a median of shorter cycles passes over that.
const (
	slicesOfCycle = 20
	sliceSpans    = 32_000
)

// TestRowsOfProcessorTime measures `collector_cpu` and `tail_sampling_cpu`: the processor time of whole processes a span, of
// four Collectors of one binary that get the same batches in turns, over cycles long enough that each closes in one cycle as many
// traces as are opened, and collects its garbage.
func TestRowsOfProcessorTime(t *testing.T) {
	folder := benchFolder(t)
	// So long that some 250,000 traces are live.
	warm, cycles, idle := 8, 15, "55s"
	if isQuick() {
		warm, cycles, idle = 1, 5, "20s"
	}
	const hundred, ten, tail, bare = 0, 1, 2, 3
	trace := fmt.Sprintf("idle_timeout: %[1]s, root_timeout: %[1]s, late_window: 10s", idle)
	all := []*costing{
		hundred: startCosting(t, "betrace", betraceCosting(filepath.Join(folder, "rules.yaml"), trace, 1024)),
		ten:     startCosting(t, "betrace", betraceCosting(tenRules(t), "idle_timeout: 10s, root_timeout: 10s, late_window: 5s", 1024)),
		tail:    startCosting(t, "tail_sampling", tailSamplingCosting("10s")),
		bare:    startCosting(t, "", "  batch: {}\n"),
	}
	feed := readTraffic(t, folder)
	var ours, base, added, theirs, whole, against []float64
	for cycle := range warm + cycles {
		var spent [4]float64
		var count int
		for range slicesOfCycle {
			batches, spans := feed.slice(sliceSpans)
			count += spans
			for at := range all {
				// Each begins once.
				one := all[(at+cycle)%len(all)]
				for _, batch := range batches {
					if err := one.send.Send(t.Context(), batch); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for at, one := range all {
			spent[at] = one.since(t) / float64(count)
		}
		if cycle < warm {
			continue
		}
		ours, base, whole = append(ours, spent[hundred]), append(base, spent[bare]), append(whole, spent[hundred]/spent[bare])
		mine, other := max(spent[ten]-spent[bare], 0), spent[tail]-spent[bare]
		added, theirs, against = append(added, mine), append(theirs, other), append(against, mine/other)
	}
	keep(t, folder, row{Name: "collector_cpu", PeerName: "otlp to nop alone", Unit: "ns a span"}, ours, base, whole)
	keep(t, folder, row{Name: "tail_sampling_cpu", PeerName: "tail_sampling", Unit: "ns a span added"}, added, theirs, against)
	t.Logf("added by cycle: tail_sampling %.0f, betrace %.0f", theirs, added)
	t.Logf("live traces: %v", metricOf(t, all[hundred].Collector, "live_traces", ""))
}

// TestSizeOfARouter measures what a router of docs/scaling.md takes a span, before two checkers that do nothing with it.
func TestSizeOfARouter(t *testing.T) {
	folder := benchFolder(t)
	var hostnames []string
	for range 2 {
		hostnames = append(hostnames, fmt.Sprintf("%q", startCosting(t, "", "  batch: {}\n").Ports.GRPC))
	}
	exporter := fmt.Sprintf(routerExporter, strings.Join(hostnames, ", "))
	router := startMeasured(t, fmt.Sprintf(routerConfig, exporter, ownTelemetry, "load_balancing"))
	feed := readTraffic(t, folder)
	var spent []float64
	for range 42 {
		batches, count := feed.slice(sliceSpans)
		for _, batch := range batches {
			if err := router.send.Send(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		spent = append(spent, router.since(t)/float64(count))
	}
	// The first slices find connections that are being made.
	spent = spent[12:]
	slices.Sort(spent)
	t.Logf("a router takes %.0f ns a span (%.0f to %.0f)", spent[len(spent)/2], spent[0], spent[len(spent)-1])
}

// TestRowOfMemory measures `tail_sampling_memory`: how many bytes each further live trace of eight spans takes, by the resident
// memory of whole processes at three levels. Go's collector runs often (GOGC=10), and the process gets a while of rest for it.
func TestRowOfMemory(t *testing.T) {
	folder := benchFolder(t)
	levels, runs := []int{100_000, 300_000, 500_000}, 3
	if isQuick() {
		levels, runs = []int{10_000, 30_000, 50_000}, 1
	}
	feed := readTraffic(t, folder)
	slope := func(name, definition string) float64 {
		one := startCosting(t, name, definition, "GOGC=10")
		var traces, bytes []float64
		sent := 0
		for _, level := range levels {
			for sent < level {
				sent += feed.sendEights(t, one.send, sent)
			}
			time.Sleep(3 * time.Second)
			resident, err := one.Resident()
			if err != nil {
				t.Fatal(err)
			}
			traces, bytes = append(traces, float64(sent)), append(bytes, float64(resident))
		}
		stopped(t, one.Collector)
		return (bytes[len(bytes)-1] - bytes[0]) / (traces[len(traces)-1] - traces[0])
	}
	var ours, theirs, ratios []float64
	for range runs {
		mine := slope("betrace", betraceCosting(tenRules(t), "idle_timeout: 30m, root_timeout: 30m, max_age: 1h, forget_after: 2h", 4096))
		other := slope("tail_sampling", tailSamplingCosting("10m"))
		ours, theirs, ratios = append(ours, mine), append(theirs, other), append(ratios, mine/other)
	}
	keep(t, folder, row{Name: "tail_sampling_memory", PeerName: "tail_sampling", Unit: "bytes a live trace"}, ours, theirs, ratios)
}

// sendEights sends the spans of a batch as traces of eight, the first of which is number `from`, and returns how many those are.
func (f *traffic) sendEights(t *testing.T, to wire.Sender, from int) int {
	t.Helper()
	batch := f.batches[from%len(f.batches)]
	number := 0
	for _, resource := range batch.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				var trace pcommon.TraceID
				binary.BigEndian.PutUint64(trace[8:], uint64(from+number/8+1))
				var id, parent pcommon.SpanID
				binary.BigEndian.PutUint64(id[:], uint64(number%8+1))
				if number%8 > 0 {
					parent[7] = 1
				}
				span.SetTraceID(trace)
				span.SetSpanID(id)
				span.SetParentSpanID(parent)
				number++
			}
		}
	}
	if err := to.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	return (number + 7) / 8
}

// keep writes a row with the medians of its figures and the bounds of that of their ratio, at 95 %, for the table.
func keep(t *testing.T, folder string, measured row, ours, theirs, ratios []float64) {
	t.Helper()
	slices.Sort(ours)
	slices.Sort(theirs)
	slices.Sort(ratios)
	middle := len(ratios) / 2
	// Between these ranks lies the true median: 1.96 standard deviations of a binomial of halves about its middle.
	reach := int(math.Ceil(1.96 * math.Sqrt(float64(len(ratios))) / 2))
	measured.Ours, measured.Peer, measured.Ratio = ours[middle], theirs[middle], ratios[middle]
	measured.Low, measured.High = ratios[max(middle-reach, 0)], ratios[min(middle+reach, len(ratios)-1)]
	text, err := json.MarshalIndent(measured, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	rows := filepath.Join(folder, "rows")
	if err := os.MkdirAll(rows, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(rows, measured.Name+".json"), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
}
