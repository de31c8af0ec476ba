// Package e2e tests the built Collector from outside: a process, its configuration, OTLP in and OTLP out.
package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/backend"
	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/recorded"
	"github.com/betracehq/betrace/go/e2e/wire"
)

// repository is the root of the checkout.
func repository(t *testing.T) string {
	t.Helper()
	root, err := collector.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// built is a program that a target of make builds.
func built(t *testing.T, path, target string) string {
	t.Helper()
	full := filepath.Join(repository(t), path)
	if _, err := os.Stat(full); err != nil {
		t.Fatalf("%v: `make %s` builds it", err, target)
	}
	return full
}

// collectorBinary is the distribution; BETRACE_COLLECTOR names another build of it, such as one with the race detector.
func collectorBinary(t *testing.T) string {
	t.Helper()
	if other := os.Getenv("BETRACE_COLLECTOR"); other != "" {
		return other
	}
	return built(t, "dist/otelcol-betrace", "collector")
}

// shared is a file of the folder of real traces and texts, which stands beside the checkout on some machines.
func shared(t *testing.T, path string) string {
	t.Helper()
	folder := os.Getenv("BETRACE_SHARED")
	if folder == "" {
		folder = filepath.Join(repository(t), "..", "shared")
	}
	full := filepath.Join(folder, path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("%s is not here (BETRACE_SHARED names the folder)", full)
	}
	return full
}

// setup is what one test asks of a Collector.
type setup struct {
	rules       string // rule file or folder; empty: the pipeline is without betrace
	before      string // what stands before betrace
	processors  string // what stands behind betrace, such as "batch"
	betrace     string // further settings of the processor, YAML, indented by four
	definitions string // further processors, YAML, indented by two
	args        []string
	dir         string                     // in which it runs; empty: this process's
	change      func(config string) string // the last word on the configuration; nil: none
}

func (s setup) config() string {
	config := s.plain()
	if s.change != nil {
		config = s.change(config)
	}
	return config
}

func (s setup) plain() string {
	processors := s.processors
	definition := ""
	if s.rules != "" {
		processors = strings.Trim(s.before+", betrace, "+processors, ", ")
		definition = fmt.Sprintf("  betrace:\n    rules:\n      files: [%q]\n", s.rules)
		if !strings.Contains(s.betrace, "trace:") {
			definition += "    trace:\n      idle_timeout: 1s\n      root_timeout: 1s\n"
		}
		definition += s.betrace
	}
	definition += s.definitions
	return fmt.Sprintf(`
extensions:
  health_check:
    endpoint: ${env:BETRACE_HEALTH}
receivers:
  otlp:
    protocols:
      grpc: { endpoint: "${env:BETRACE_OTLP_GRPC}", max_recv_msg_size_mib: 256 }
      http: { endpoint: "${env:BETRACE_OTLP_HTTP}", max_request_body_size: 268435456 }
processors:
  batch:
    timeout: 50ms
    send_batch_size: 512
%s
exporters:
  otlp_grpc/backend:
    endpoint: ${env:BETRACE_BACKEND}
    tls: { insecure: true }
    sending_queue: { enabled: false }
    retry_on_failure: { enabled: false }
    timeout: 60s
service:
  extensions: [health_check]
  telemetry:
    logs: { level: warn }
    metrics:
      level: normal
      readers: [ { pull: { exporter: { prometheus: { host: 127.0.0.1, port: "${env:BETRACE_METRICS_PORT}" } } } } ]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [%s]
      exporters: [otlp_grpc/backend]
`, definition, processors)
}

// pipeline is a running Collector between a sender and a backend.
type pipeline struct {
	*collector.Collector
	backend *backend.Backend
	sink    *wire.Sink
	grpc    wire.Sender
	http    wire.Sender
}

// openPipeline starts a Collector; the test's end stops it.
func openPipeline(t *testing.T, s setup) *pipeline {
	t.Helper()
	p := &pipeline{backend: backend.New()}
	p.sink = openSink(t, p.backend.Receive)
	var err error
	if p.Collector, err = s.start(t, p.sink.Address()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(t) })
	p.grpc = dialGRPC(t, p.Ports.GRPC)
	p.http = wire.DialHTTP(p.Ports.HTTP)
	closeAtEnd(t, p.http)
	return p
}

// openSink takes what a Collector exports until the test's end.
func openSink(t *testing.T, receive func(ptrace.Traces)) *wire.Sink {
	t.Helper()
	sink, err := wire.OpenSink(receive)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, sink)
	return sink
}

// dialGRPC sends to a Collector until the test's end.
func dialGRPC(t *testing.T, address string) wire.Sender {
	t.Helper()
	sender, err := wire.DialGRPC(address)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, sender)
	return sender
}

func closeAtEnd(t *testing.T, open io.Closer) {
	t.Helper()
	t.Cleanup(func() {
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (s setup) start(t *testing.T, backendAddress string) (*collector.Collector, error) {
	t.Helper()
	config := write(t, "config.yaml", s.config())
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	return collector.Start(t.Context(), collector.Options{
		Binary: collectorBinary(t), Config: config, Args: s.args, Dir: s.dir, Ports: ports, Env: []string{"BETRACE_BACKEND=" + backendAddress},
	})
}

// stop ends the Collector, so that everything it held has arrived; once is enough.
func (p *pipeline) stop(t *testing.T) {
	t.Helper()
	select {
	case <-p.Exited():
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Error(err)
	}
	if log := p.Log(); strings.Contains(log, "panic:") || strings.Contains(log, "DATA RACE") {
		t.Errorf("the Collector printed:\n%s", log)
	}
}

// decide waits until every trace is closed, then stops the Collector.
func (p *pipeline) decide(t *testing.T) {
	t.Helper()
	if err := p.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	p.stop(t)
}

// send sends a copy of each batch in order.
func send(t *testing.T, to wire.Sender, batches []ptrace.Traces) {
	t.Helper()
	for i, batch := range batches {
		sent := ptrace.NewTraces()
		batch.CopyTo(sent)
		if err := to.Send(t.Context(), sent); err != nil {
			t.Fatalf("batch %d: %v", i, err)
		}
	}
}

// read reads all batches of a file or a folder.
func read(t *testing.T, path string) []ptrace.Traces {
	t.Helper()
	files, err := recorded.Files(path)
	if err != nil {
		t.Fatal(err)
	}
	var batches []ptrace.Traces
	for _, file := range files {
		err := recorded.Read(file, func(traces ptrace.Traces) error {
			batches = append(batches, traces)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return batches
}

func spanCount(batches []ptrace.Traces) int {
	n := 0
	for _, batch := range batches {
		n += batch.SpanCount()
	}
	return n
}

// write writes a file into the test's own folder.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func shopRules(t *testing.T) string  { return filepath.Join(repository(t), "testdata", "rules") }
func shopTraces(t *testing.T) string { return filepath.Join(repository(t), "testdata", "traces") }

// metric adds up the series of a metric whose labels hold a text.
func (p *pipeline) metric(t *testing.T, name, labels string) float64 {
	t.Helper()
	return metricOf(t, p.Collector, name, labels)
}

func metricOf(t *testing.T, of *collector.Collector, name, labels string) float64 {
	t.Helper()
	samples, err := of.Metrics(t.Context(), "otelcol_processor_betrace_"+name)
	if err != nil {
		t.Fatal(err)
	}
	// Another metric may begin with this one's name.
	full := "otelcol_processor_betrace_" + name
	isNamed := func(sample collector.Sample) bool { return sample.Name == full || sample.Name == full+"_total" }
	if slices.ContainsFunc(samples, isNamed) {
		samples = slices.DeleteFunc(samples, func(sample collector.Sample) bool { return !isNamed(sample) })
	}
	var total float64
	for _, sample := range samples {
		if strings.Contains(sample.Labels, labels) {
			total += sample.Value
		}
	}
	return total
}

// await asks until something is so.
func (p *pipeline) await(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	for !is(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s; the Collector printed:\n%s", what, p.Log())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// fetch is what is answered under an address.
func fetch(t *testing.T, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v:\n%s", url, response.Status, err, body)
	}
	return string(body)
}

// fencedBlock is what stands in a page behind a fence, and what before and after it.
func fencedBlock(t *testing.T, page, fence string) (before, block, after string) {
	t.Helper()
	before, rest, found := strings.Cut(page, fence)
	block, after, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("the page has no block behind %q", fence)
	}
	return before, block, after
}
