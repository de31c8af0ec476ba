package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/backend"
	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/violation"
	"github.com/betracehq/betrace/go/e2e/wire"
)

// tier is a router and checkers behind it, as deploy/helm/router.yaml and checkers.yaml make them.
type tier struct {
	behind   *backend.Backend
	sink     *wire.Sink
	router   *collector.Collector
	checkers []*checker
	send     wire.Sender
	// rules and idle are those of each checker, settings what else its processor is told: YAML, indented by four.
	rules, idle, settings string
	routing               collector.Options
	// kafka is the topic between router and checkers; nil: the router sends to them itself.
	kafka *topic
}

// checker is one of a tier; its folder and ports outlive its process.
type checker struct {
	*collector.Collector
	options collector.Options
}

const checkerConfig = `
extensions:
  health_check: { endpoint: "${env:BETRACE_HEALTH}" }
  file_storage/betrace: { directory: %q }
receivers:%s
processors:
  betrace:
    rules: { files: [%q] }
    trace: { idle_timeout: %s, root_timeout: 1s }
    storage: file_storage/betrace
exporters:
  otlp_grpc:
    endpoint: ${env:BETRACE_BACKEND}
    tls: { insecure: true }
    sending_queue: { enabled: false }
service:
  extensions: [health_check, file_storage/betrace]
  telemetry: %s
  pipelines:
    traces: { receivers: [%s], processors: [betrace], exporters: [otlp_grpc] }
`

const checkerReceiver = `
  otlp: { protocols: { grpc: { endpoint: "${env:BETRACE_OTLP_GRPC}" } } }
`

const routerConfig = `
extensions:
  health_check: { endpoint: "${env:BETRACE_HEALTH}" }
receivers:
  otlp: { protocols: { grpc: { endpoint: "${env:BETRACE_OTLP_GRPC}", max_recv_msg_size_mib: 256 } } }
exporters:%s
service:
  extensions: [health_check]
  telemetry: %s
  pipelines:
    traces: { receivers: [otlp], exporters: [%s] }
`

// The resolver and the retries are those of deploy/helm/router.yaml.
const routerExporter = `
  load_balancing:
    routing_key: traceID
    resolver: { static: { hostnames: [%s] } }
    protocol:
      otlp:
        tls: { insecure: true }
        sending_queue: { queue_size: 2000 }
        retry_on_failure: { initial_interval: 1s, max_interval: 2s, max_elapsed_time: 10m }
`

const ownTelemetry = `{ logs: { level: warn }, metrics: { level: normal, readers: [ { pull: { exporter: { prometheus: { host: 127.0.0.1, port: "${env:BETRACE_METRICS_PORT}" } } } } ] } }`

func openTier(t *testing.T, size int, rules, idle string) *tier {
	t.Helper()
	made := newTier(t, nil, rules, idle)
	made.grow(t, size)
	return made
}

// grow adds checkers, to which the router sends at once.
func (m *tier) grow(t *testing.T, by int) {
	t.Helper()
	for range by {
		m.add(t)
	}
	m.route(t, m.checkers...)
}

// newTier has no checker yet and no router.
func newTier(t *testing.T, through *topic, rules, idle string) *tier {
	t.Helper()
	made := &tier{behind: backend.New(), kafka: through, rules: rules, idle: idle}
	var err error
	if made.sink, err = wire.OpenSink(made.behind.Receive); err != nil {
		t.Fatal(err)
	}
	made.routing = made.options(t, "")
	if made.send, err = wire.DialGRPC(made.routing.Ports.GRPC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.send.Close(); err != nil {
			t.Error(err)
		}
		if made.router != nil {
			stopped(t, made.router)
		}
		for _, c := range made.checkers {
			stopped(t, c.Collector)
		}
		if err := made.sink.Close(); err != nil {
			t.Error(err)
		}
	})
	return made
}

func (m *tier) options(t *testing.T, config string) collector.Options {
	t.Helper()
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"BETRACE_BACKEND=" + m.sink.Address()}
	if m.kafka != nil {
		env = append(env, "BETRACE_KAFKA="+m.kafka.broker)
	}
	return collector.Options{Binary: collectorBinary(t), Config: write(t, "config.yaml", config), Ports: ports, Env: env}
}

// add starts another checker, which no router sends to yet.
func (m *tier) add(t *testing.T) {
	t.Helper()
	receiver, name := checkerReceiver, "otlp"
	if m.kafka != nil {
		receiver, name = m.kafka.receiver(len(m.checkers)), "kafka"
	}
	config := fmt.Sprintf(checkerConfig, t.TempDir(), receiver, m.rules, m.idle, ownTelemetry, name)
	c := &checker{options: m.options(t, strings.Replace(config, "    storage:", m.settings+"    storage:", 1))}
	c.start(t)
	m.checkers = append(m.checkers, c)
}

// route has the router send to these; one that runs hands on what it holds, and is started anew with the other list. Through
// Kafka there is no list.
func (m *tier) route(t *testing.T, to ...*checker) {
	t.Helper()
	if m.kafka != nil && m.router != nil {
		return
	}
	var hostnames []string
	for _, c := range to {
		hostnames = append(hostnames, fmt.Sprintf("%q", c.options.Ports.GRPC))
	}
	exporter, name := fmt.Sprintf(routerExporter, strings.Join(hostnames, ", ")), "load_balancing"
	if m.kafka != nil {
		exporter, name = m.kafka.exporter(), "kafka"
	}
	config := fmt.Sprintf(routerConfig, exporter, ownTelemetry, name)
	if err := os.WriteFile(m.routing.Config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if m.router != nil {
		stopped(t, m.router)
	}
	var err error
	if m.router, err = collector.Start(t.Context(), m.routing); err != nil {
		t.Fatal(err)
	}
}

func (c *checker) start(t *testing.T) {
	t.Helper()
	var err error
	if c.Collector, err = collector.Start(t.Context(), c.options); err != nil {
		t.Fatal(err)
	}
}

func stopped(t *testing.T, c *collector.Collector) {
	t.Helper()
	select {
	case <-c.Exited():
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func (c *checker) sum(t *testing.T, name string) float64 {
	t.Helper()
	samples, err := c.Metrics(t.Context(), "otelcol_processor_betrace_"+name)
	if err != nil {
		t.Fatal(err)
	}
	var total float64
	for _, sample := range samples {
		total += sample.Value
	}
	return total
}

// verdicts are those that a Collector gave, by rule, verdict and reason.
func verdicts(t *testing.T, of *collector.Collector) map[string]float64 {
	t.Helper()
	samples, err := of.Metrics(t.Context(), "otelcol_processor_betrace_verdicts")
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, sample := range samples {
		if sample.Value > 0 {
			counted[fmt.Sprintf("%s %s(%s)", label(sample, "rule"), label(sample, "verdict"), label(sample, "reason"))] += sample.Value
		}
	}
	return counted
}

// A tier of three behind a router tells the same as one process: the same verdicts, and the same violations by their ids.
func TestATierTellsWhatOneProcessTells(t *testing.T) {
	t.Parallel()
	tellsWhatOneTells(t, nil)
}

// tellsWhatOneTells holds a tier, through this topic, against one process.
func tellsWhatOneTells(t *testing.T, through *topic) {
	t.Helper()
	batches := read(t, shopTraces(t))
	alone := openPipeline(t, setup{rules: shopRules(t)})
	three := newTier(t, through, shopRules(t), "2s")
	before := 0
	if through != nil {
		before = three.createTopic(t)
	}
	send(t, alone.grpc, batches)
	if err := alone.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	three.grow(t, 3)
	send(t, three.send, batches)
	three.reached(t, before+spanCount(batches))
	one, many := verdicts(t, alone.Collector), map[string]float64{}
	for i, told := range three.settle(t) {
		if len(told) == 0 {
			t.Errorf("checker %d tells nothing", i)
		}
		for verdict, count := range told {
			many[verdict] += count
		}
	}
	if through != nil {
		// The trace that made the topic began before the checkers.
		maps.DeleteFunc(many, func(verdict string, _ float64) bool { return strings.HasSuffix(verdict, " inconclusive(restart)") })
	}
	if !maps.Equal(one, many) || len(one) < 8 {
		t.Errorf("one process tells\n%v\nand three tell\n%v", one, many)
	}
	alone.stop(t)
	ids := func(violations []violation.Violation) []string {
		var all []string
		for _, v := range violations {
			all = append(all, v.Rule+" "+v.ID)
		}
		slices.Sort(all)
		return all
	}
	if one, many := ids(alone.backend.Violations()), ids(three.behind.Violations()); !slices.Equal(one, many) || len(one) == 0 {
		t.Errorf("one process finds\n%v\nand three find\n%v", one, many)
	}
}

// A checker that is ended and started again, as an update or a drained node does it, goes on with its traces from its storage,
// while the router keeps the spans that are meant for it: nothing is told otherwise than without.
func TestACheckerThatIsRestartedLosesNothing(t *testing.T) {
	t.Parallel()
	made := openTier(t, 3, write(t, "rules.yaml", neighbourRules), "15s")
	halves := liveTraces()
	send(t, made.send, halves[0])
	made.reached(t, spanCount(halves[0]))
	stopped(t, made.checkers[0].Collector)
	send(t, made.send, halves[1])
	made.checkers[0].start(t)

	told := made.settle(t)
	got := byRuleAndKind(made.behind.Violations())
	if want := asAlone.violations; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("violations by rule and kind of trace: %v, not %v; the checkers tell %v", got, want, told)
	}
	if n := made.behind.Spans(); n != spanCount(halves[0])+spanCount(halves[1]) {
		t.Errorf("%d of %d spans came out", n, spanCount(halves[0])+spanCount(halves[1]))
	}
}

// A checker that is killed forgets its live traces. What it then says of them rests on nothing that was lost: no healthy trace is
// called broken.
func TestACheckerThatIsKilledTellsNothingWrong(t *testing.T) {
	t.Parallel()
	made := openTier(t, 3, write(t, "rules.yaml", neighbourRules), "15s")
	halves := liveTraces()
	// The children first: what the killed one forgets is the audit record, and the root comes after.
	send(t, made.send, halves[1])
	made.reached(t, spanCount(halves[1]))
	if err := made.checkers[0].Kill(); err != nil {
		t.Fatal(err)
	}
	send(t, made.send, halves[0])
	made.checkers[0].start(t)
	told := made.settle(t)[0]
	for _, v := range made.behind.Violations() {
		if v.Trace[0] == healthy || v.Rule == "audited" && v.Trace[0] != unaudited || v.Rule == "no-bypass" && v.Trace[0] != bypassed {
			t.Errorf("%s is called broken in trace %s", v.Rule, v.Trace)
		}
	}
	if told["audited inconclusive(restart)"] == 0 {
		t.Errorf("the killed checker tells %v", told)
	}
}

// liveTraces are the traces before a neighbour, of now.
func liveTraces() [2][]ptrace.Traces {
	var halves [2][]ptrace.Traces
	now := time.Now()
	for _, kind := range []byte{healthy, unaudited, bypassed} {
		for number := range byte(perKind) {
			first, second := neighbourTrace(kind, number)
			for _, spans := range tracesOf([]ptrace.Traces{first, second}) {
				for _, span := range spans {
					span.SetStartTimestamp(pcommon.NewTimestampFromTime(now))
					span.SetEndTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Millisecond)))
				}
			}
			halves[0], halves[1] = append(halves[0], first), append(halves[1], second)
		}
	}
	return halves
}

// reached waits until the checkers have counted so many spans.
func (m *tier) reached(t *testing.T, spans int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var counted float64
		for _, c := range m.checkers {
			counted += c.sum(t, "spans")
		}
		if counted >= float64(spans) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v of %d spans reached the checkers; the router printed:\n%s", counted, spans, m.router.Log())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// settle waits until each checker has got what the router kept for it and has closed its traces, and stops it, which
// brings out what it still has to send. It returns what each told.
func (m *tier) settle(t *testing.T) []map[string]float64 {
	t.Helper()
	var told []map[string]float64
	for _, c := range m.checkers {
		deadline := time.Now().Add(time.Minute)
		for c.sum(t, "verdicts") == 0 {
			if time.Now().After(deadline) {
				t.Fatalf("no verdict was given; it printed:\n%s", c.Log())
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err := c.WaitDecided(t.Context(), time.Minute); err != nil {
			t.Error(err)
		}
		told = append(told, verdicts(t, c.Collector))
		stopped(t, c.Collector)
	}
	return told
}
