package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// dashboard is what the tests read of deploy/grafana/betrace.json.
type dashboard struct {
	Panels []struct {
		Title   string `json:"title"`
		Type    string `json:"type"`
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
	Templating struct {
		List []struct {
			Name  string `json:"name"`
			Query any    `json:"query"`
		} `json:"list"`
	} `json:"templating"`
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var read dashboard
	readInto(t, filepath.Join(repository(t), "deploy", "grafana", "betrace.json"), json.Unmarshal, &read)
	return read
}

// The dashboard is one by Grafana's published types, and the queries of docs/grafana.md are ones by its grammar.
func TestTheDashboardMeetsGrafanasSchema(t *testing.T) {
	folder := filepath.Join(repository(t), "deploy", "grafana", "check")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Skip("Grafana's schema is not fetched; `make deploy-test` fetches it, where there is npm, and runs this")
	}
	command := exec.CommandContext(t.Context(), "node", "check.mjs", "../betrace.json", "../../../docs/grafana.md")
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// A panel on a metric that is no more would stay empty for ever.
func TestDashboardMetricsAreThere(t *testing.T) {
	known := metadataMetrics(t)
	read := readDashboard(t)
	for _, panel := range read.Panels {
		for _, target := range panel.Targets {
			for _, name := range ownMetric.FindAllString(target.Expr, -1) {
				if !known[name] {
					t.Errorf("%s: there is no metric %s", panel.Title, name)
				}
			}
		}
	}
	for _, variable := range read.Templating.List {
		for _, name := range ownMetric.FindAllString(fmt.Sprint(variable.Query), -1) {
			if !known[name] {
				t.Errorf("variable %s: there is no metric %s", variable.Name, name)
			}
		}
	}
}

// Every query of the dashboard and every expression of the alerts is answered by a real Prometheus that scrapes the built
// Collector, and every query of the dashboard with data.
func TestDashboardQueriesReturnData(t *testing.T) {
	t.Parallel()
	binary := monitoring(t, "prometheus")
	rules := write(t, "rules.yaml", neighbourRules+"  - { id: unlike, severity: critical, condition: 'never { cart.load.where(size > 3) }' }\n")
	p := openPipeline(t, setup{rules: rules, betrace: "    trace:\n      idle_timeout: 1s\n      root_timeout: 1s\n"})
	server := startPrometheus(t, binary, p.Ports.Metrics)
	server.await(t, `up{job="betrace"} == 1`)
	// Twice, and seen in between: what grows is what a rate shows.
	for round := range byte(2) {
		for number := range byte(5) {
			first, second := neighbourTrace(bypassed, 50*round+number)
			for _, spans := range tracesOf([]ptrace.Traces{second}) {
				for _, span := range spans {
					span.Attributes().PutStr("size", "large")
				}
			}
			send(t, p.grpc, []ptrace.Traces{first, second})
			rootless, _ := neighbourTrace(unaudited, 50*round+number)
			for _, spans := range tracesOf([]ptrace.Traces{rootless}) {
				spans[0].SetParentSpanID(pcommon.SpanID{0: 1})
			}
			send(t, p.grpc, []ptrace.Traces{rootless})
		}
		if err := os.WriteFile(rules, []byte(neighbourRules+fmt.Sprintf("  - { id: unlike, severity: critical, condition: 'never { cart.load.where(size > %d) }' }\n", round)), 0o600); err != nil {
			t.Fatal(err)
		}
		server.await(t, fmt.Sprintf(`sum(otelcol_processor_betrace_violations) >= %d`, 5*(round+1)))
		server.await(t, fmt.Sprintf(`sum(otelcol_processor_betrace_verdicts{reason="no_root"}) >= %d`, 5*(round+1)))
		server.await(t, fmt.Sprintf(`sum(otelcol_processor_betrace_reloads) >= %d`, round+1))
	}
	asked := 0
	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			// As Grafana puts its variables in.
			query := strings.NewReplacer("$__rate_interval", "30s", "$__range", "2m", "$job", ".*", "$instance", ".*", "$rule", ".*").Replace(target.Expr)
			server.await(t, query)
			asked++
		}
	}
	if asked < 15 {
		t.Errorf("only %d queries were asked", asked)
	}
	for _, alert := range alerts(t) {
		if _, err := server.query(t.Context(), alert.Expr); err != nil {
			t.Errorf("%s: %v", alert.Alert, err)
		}
	}
}

// prometheus is a running Prometheus.
type prometheus struct{ address string }

// startPrometheus runs one that scrapes one address each second.
func startPrometheus(t *testing.T, binary, target string) prometheus {
	t.Helper()
	return startPrometheusWith(t, binary, fmt.Sprintf(`
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [%q]
scrape_configs: [ { job_name: betrace, static_configs: [ { targets: [%q] } ] } ]
`, alertsFile(t), target))
}

// startPrometheusWith runs one with a configuration of its own.
func startPrometheusWith(t *testing.T, binary, text string, arguments ...string) prometheus {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	config := write(t, "prometheus.yaml", text)
	var log strings.Builder
	command := exec.Command(binary, append([]string{"--config.file", config, "--storage.tsdb.path", t.TempDir(), "--web.listen-address", address}, arguments...)...)
	command.Stdout, command.Stderr = &log, &log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("prometheus: %v\n%s", err, &log)
		}
	})
	return prometheus{address}
}

// query returns the values that an expression has now.
func (p prometheus) query(ctx context.Context, expression string) ([]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/query?query="+url.QueryEscape(expression), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", body, err)
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("%s: %s", expression, answer.Error)
	}
	var values []float64
	for _, result := range answer.Data.Result {
		value, err := strconv.ParseFloat(fmt.Sprint(result.Value[1]), 64)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// await asks until an expression has a value that is a number.
func (p prometheus) await(t *testing.T, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		values, err := p.query(ctx, expression)
		for _, value := range values {
			if !math.IsNaN(value) && !math.IsInf(value, 0) {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no data for %s (%v, %v)", expression, values, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
