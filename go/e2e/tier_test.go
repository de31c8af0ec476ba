package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/betracehq/betrace/go/e2e/backend"
	"github.com/betracehq/betrace/go/e2e/collector"
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
	return metricOf(t, c.Collector, name, "")
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
