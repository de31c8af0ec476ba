package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/backend"
	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/wire"
)

// What the connector tells, as the configuration on docs/alerting.md has it told.

// hook keeps what was posted to it.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	bodies [][]byte
	types  []string
}

func openHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bodies, h.types = append(h.bodies, body), append(h.types, request.URL.Path+" "+request.Header.Get("Content-Type"))
		response.Header().Set("Content-Type", request.Header.Get("Content-Type"))
		if strings.HasSuffix(request.Header.Get("Content-Type"), "json") {
			_, _ = response.Write([]byte("{}"))
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// posted is what was posted, and how.
func (h *hook) posted() ([][]byte, []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.bodies), slices.Clone(h.types)
}

// alerting is the page's configuration with these addresses in the place of its own.
func alerting(t *testing.T, rules string, ports collector.Ports, sink *wire.Sink, webhook, prometheus string) string {
	t.Helper()
	page := shown(t, filepath.Join("docs", "alerting.md"), "yaml collector")[0]
	for from, to := range map[string]string{
		"localhost:4317":                        ports.GRPC,
		"rules: { files: [rules] }":             fmt.Sprintf("rules: { files: [%q] }", rules),
		"    endpoint: traces.example.org:4317": fmt.Sprintf("    endpoint: %s\n    tls: { insecure: true }", sink.Address()),
		"https://hooks.example.org/violations":  webhook + "/violations",
		"http://prometheus.example.org:9090":    prometheus,
		"connectors:\n  betrace:\n":             "connectors:\n  betrace: { metrics: { interval: 1s } }\n",
		"service:\n": `extensions: { health_check: { endpoint: "${env:BETRACE_HEALTH}" } }
service:
  extensions: [health_check]
  telemetry:
    logs: { level: warn }
    metrics: { level: normal, readers: [ { pull: { exporter: { prometheus: { host: 127.0.0.1, port: "${env:BETRACE_METRICS_PORT}" } } } } ] }
`,
	} {
		if !strings.Contains(page, from) {
			t.Fatalf("docs/alerting.md does not show %q", from)
		}
		page = strings.Replace(page, from, to, 1)
	}
	return page
}

const twoSeverities = `rules:
  - { id: grave, severity: high, condition: "never { broken }", message: "{offender.span:name} must not be" }
  - { id: small, severity: low, condition: "never { untidy }" }
`

// openAlerting starts the page's Collector, between a backend of traces and two hooks.
func openAlerting(t *testing.T, webhook, prometheus string) (*pipeline, *backend.Backend) {
	t.Helper()
	p := &pipeline{backend: backend.New()}
	p.sink = openSink(t, p.backend.Receive)
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	config := alerting(t, write(t, "rules.yaml", twoSeverities), ports, p.sink, webhook, prometheus)
	if p.Collector, err = collector.Start(t.Context(), collector.Options{Binary: collectorBinary(t), Config: write(t, "config.yaml", config), Ports: ports}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(t) })
	p.grpc = dialGRPC(t, ports.GRPC)
	return p, p.backend
}

func TestViolationsReachAWebhookAndAreCounted(t *testing.T) {
	t.Parallel()
	webhook, prometheus := openHook(t), openHook(t)
	p, traces := openAlerting(t, webhook.URL, prometheus.URL)
	broken := oneSpan(1, "broken")
	broken.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "payments")
	send(t, p.grpc, []ptrace.Traces{broken, oneSpan(2, "untidy"), oneSpan(3, "fine")})
	until(t, "the webhook is called", func() bool { bodies, _ := webhook.posted(); return len(bodies) > 0 })
	until(t, "both violations are counted", func() bool { return len(counted(t, prometheus)) == 2 })
	p.stop(t)

	if got := counted(t, prometheus); got["grave high payments"] != 1 || got["small low "] != 1 {
		t.Errorf("counted %v", got)
	}
	bodies, types := webhook.posted()
	if len(bodies) != 1 || types[0] != "/violations application/json" {
		t.Fatalf("posted %v:\n%s", types, bodies)
	}
	events, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(bodies[0])
	if err != nil {
		t.Fatal(err)
	}
	if events.LogRecordCount() != 1 {
		t.Fatalf("%d events, and the small one is below what the webhook is to get:\n%s", events.LogRecordCount(), bodies[0])
	}
	event := events.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	span := broken.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	if event.Body().Str() != "broken must not be" || event.TraceID() != span.TraceID() || event.SpanID() != span.SpanID() || event.SeverityText() != "high" {
		t.Errorf("the event is\n%s", bodies[0])
	}
	// The connector takes nothing away from who reads traces.
	if got := len(traces.Violations()); got != 2 {
		t.Errorf("the backend has %d violations", got)
	}
}

// counted is the last value of each series that was posted, by rule, severity and service.
func counted(t *testing.T, to *hook) map[string]int64 {
	t.Helper()
	values := map[string]int64{}
	bodies, _ := to.posted()
	for _, body := range bodies {
		for _, point := range points(t, body) {
			labels := point.Attributes().AsRaw()
			values[fmt.Sprintf("%v %v %v", labels["rule"], labels["severity"], labels["service"])] = point.IntValue()
		}
	}
	return values
}

// gunzipped is a body as the Collector's exporters compress it.
func gunzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func points(t *testing.T, body []byte) []pmetric.NumberDataPoint {
	t.Helper()
	request := pmetricotlp.NewExportRequest()
	if err := request.UnmarshalProto(gunzipped(t, body)); err != nil {
		t.Fatal(err)
	}
	var all []pmetric.NumberDataPoint
	for _, resource := range request.Metrics().ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				for _, point := range metric.Sum().DataPoints().All() {
					all = append(all, point)
				}
			}
		}
	}
	return all
}

// The alert on the page is one that Prometheus loads.
func TestTheAlertOnViolationsLoads(t *testing.T) {
	promtool := monitoring(t, "promtool")
	rules := write(t, "alerts.yaml", shown(t, filepath.Join("docs", "alerting.md"), "yaml prometheus")[0])
	if out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", "--lint=all", "--lint-fatal", rules).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A real Prometheus takes the metric as the page says, under its name, and has the alert fire at the first violation.
func TestTheAlertOnViolationsFires(t *testing.T) {
	t.Parallel()
	binary := monitoring(t, "prometheus")
	rules := write(t, "alerts.yaml", shown(t, filepath.Join("docs", "alerting.md"), "yaml prometheus")[0])
	server := startPrometheusWith(t, binary, fmt.Sprintf("global: { evaluation_interval: 1s }\nrule_files: [%q]\n", rules), "--web.enable-otlp-receiver")
	p, _ := openAlerting(t, openHook(t).URL, "http://"+server.address)
	broken := oneSpan(1, "broken")
	broken.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "payments")
	send(t, p.grpc, []ptrace.Traces{broken})
	server.await(t, `betrace_violations_total{rule="grave",severity="high",service="payments"} == 1`)
	server.await(t, `ALERTS{alertname="BetraceRuleBroken",alertstate="firing",service="payments",severity="high"} == 1`)
}

// The table of keys on the page is the connector's schema. UPDATE_DOCS=1 writes it.
func TestTheTableOfTheConnectorIsItsSchema(t *testing.T) {
	var root struct {
		Properties map[string]connectorKey `json:"properties"`
	}
	readInto(t, filepath.Join(repository(t), "go", "betraceconnector", "config.schema.json"), json.Unmarshal, &root)
	want := "| key | default | |\n|---|---|---|\n" + strings.Join(connectorKeys("", root.Properties), "")
	path := filepath.Join(repository(t), "docs", "alerting.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "| key | default | |\n")
	_, after, _ := strings.Cut(rest, "\n\n")
	if updated := before + want + "\n" + after; os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(updated), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if updated != string(text) {
		t.Errorf("the table is stale: run with UPDATE_DOCS=1. It is to be:\n%s", want)
	}
}

type connectorKey struct {
	Description string                  `json:"description"`
	Default     any                     `json:"default"`
	Properties  map[string]connectorKey `json:"properties"`
}

func connectorKeys(prefix string, keys map[string]connectorKey) []string {
	var rows []string
	for name, key := range keys {
		if len(key.Properties) > 0 {
			rows = append(rows, connectorKeys(prefix+name+".", key.Properties)...)
			continue
		}
		value := ""
		if key.Default != nil {
			value = fmt.Sprintf("`%v` ", key.Default)
		}
		rows = append(rows, fmt.Sprintf("| `%s%s` | %s| %s |\n", prefix, name, value, key.Description))
	}
	slices.Sort(rows)
	return rows
}
