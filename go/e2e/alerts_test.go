package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// alert is one alerting rule of deploy/prometheus/alerts.yaml.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alertsFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(repository(t), "deploy", "prometheus", "alerts.yaml")
}

func alerts(t *testing.T) []alert {
	t.Helper()
	text, err := os.ReadFile(alertsFile(t))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var all []alert
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	if len(all) < 10 {
		t.Fatalf("alerts.yaml holds only %d alerts", len(all))
	}
	return all
}

// monitoring is a program of Prometheus: the one that `make deploy-test` builds, else this machine's own.
func monitoring(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(repository(t), "target", "tools", name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is neither built nor installed; `make deploy-test` builds it and runs this", name)
	}
	return path
}

// Prometheus's own tool loads the alerts and runs the cases of alerts_test.yaml.
func TestAlertCases(t *testing.T) {
	promtool := monitoring(t, "promtool")
	for _, arguments := range [][]string{{"check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		command := exec.CommandContext(t.Context(), promtool, arguments...)
		command.Dir = filepath.Dir(alertsFile(t))
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
	}
}

// Each alert has a case in which it fires and one in which it does not.
func TestEachAlertHasCases(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(alertsFile(t)), "alerts_test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var cases struct {
		Tests []struct {
			AlertRuleTest []struct {
				AlertName string `yaml:"alertname"`
				ExpAlerts []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	if err := yaml.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, test := range cases.Tests {
		for _, check := range test.AlertRuleTest {
			if len(check.ExpAlerts) > 0 {
				fires[check.AlertName] = true
			} else {
				rests[check.AlertName] = true
			}
		}
	}
	for _, alert := range alerts(t) {
		if !fires[alert.Alert] || !rests[alert.Alert] {
			t.Errorf("%s: a case in which it fires: %v, in which it does not: %v", alert.Alert, fires[alert.Alert], rests[alert.Alert])
		}
	}
}

// The runbook has one entry for each alert, in the same order, and the alert's link leads to it.
func TestTheRunbookHasAnEntryForEachAlert(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository(t), "docs", "runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []string
	for _, heading := range regexp.MustCompile(`(?m)^## (Betrace\w+)$`).FindAllStringSubmatch(string(page), -1) {
		entries = append(entries, heading[1])
	}
	var names []string
	for _, alert := range alerts(t) {
		names = append(names, alert.Alert)
		if link := "docs/runbook.md#" + strings.ToLower(alert.Alert); !strings.HasSuffix(alert.Annotations["runbook_url"], link) {
			t.Errorf("%s leads to %s", alert.Alert, alert.Annotations["runbook_url"])
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, alert.Labels["severity"]) || alert.Annotations["summary"] == "" || alert.Annotations["description"] == "" {
			t.Errorf("%s has labels %v and annotations %v", alert.Alert, alert.Labels, alert.Annotations)
		}
	}
	if !slices.Equal(entries, names) {
		t.Errorf("the runbook's entries are\n%v, and the alerts\n%v", entries, names)
	}
}

var ownMetric = regexp.MustCompile(`otelcol_processor_betrace_\w+`)

// metadataMetrics are the processor's metrics as Prometheus reads them by default, without endings for types and units, from
// what the processor's code is generated from.
func metadataMetrics(t *testing.T) map[string]bool {
	t.Helper()
	var metadata struct {
		Telemetry struct {
			Metrics map[string]struct {
				Histogram any `yaml:"histogram"`
			} `yaml:"metrics"`
		} `yaml:"telemetry"`
	}
	readInto(t, filepath.Join(repository(t), "go", "betraceprocessor", "metadata.yaml"), yaml.Unmarshal, &metadata)
	names := map[string]bool{}
	for name, metric := range metadata.Telemetry.Metrics {
		if metric.Histogram == nil {
			names["otelcol_"+name] = true
			continue
		}
		for _, part := range []string{"_bucket", "_count", "_sum"} {
			names["otelcol_"+name+part] = true
		}
	}
	if len(names) < 12 {
		t.Fatalf("metadata.yaml holds only %v", slices.Sorted(maps.Keys(names)))
	}
	return names
}

// An alert on a metric that is no more, or that is named otherwise, would never fire.
func TestAlertsAreOnMetricsThatThereAre(t *testing.T) {
	known := metadataMetrics(t)
	for _, alert := range alerts(t) {
		named := ownMetric.FindAllString(alert.Expr, -1)
		if len(named) == 0 {
			t.Errorf("%s is on no metric of the processor", alert.Alert)
		}
		for _, name := range named {
			if !known[name] {
				t.Errorf("%s: there is no metric %s", alert.Alert, name)
			}
		}
	}
}

// deploy/helm/alerts.yaml is the same groups under the chart's key. UPDATE_DOCS=1 writes it again.
func TestHelmAlertsAreTheAlerts(t *testing.T) {
	text, err := os.ReadFile(alertsFile(t))
	if err != nil {
		t.Fatal(err)
	}
	_, groups, ok := strings.Cut(string(text), "\ngroups:\n")
	if !ok {
		t.Fatal("alerts.yaml has no groups")
	}
	_, version := committedChartKeys(t)
	want := fmt.Sprintf(`# The alerts of deploy/prometheus/alerts.yaml under the keys of the opentelemetry-collector chart, version %s: give this
# file beside values.yaml or checkers.yaml. It needs the Prometheus operator. Written from that file; change that one.
prometheusRule:
  enabled: true
  groups:
`, version)
	for line := range strings.Lines(groups) {
		if strings.TrimSpace(line) != "" {
			line = "  " + line
		}
		want += line
	}
	path := filepath.Join(repository(t), "deploy", "helm", "alerts.yaml")
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if committed, err := os.ReadFile(path); err != nil || string(committed) != want {
		t.Errorf("deploy/helm/alerts.yaml is not of alerts.yaml (%v); UPDATE_DOCS=1 writes it again", err)
	}
}
