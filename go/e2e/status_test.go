package e2e

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/betracehq/betrace/go/e2e/collector"
)

// statusEndpoint is a free place for the status page, and the setting that puts it there.
func statusEndpoint(t *testing.T) (endpoint, setting string) {
	t.Helper()
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(ports.Health)
	if err != nil {
		t.Fatal(err)
	}
	return "localhost:" + port, "    status: { endpoint: \"localhost:" + port + "\" }\n"
}

// The page of a Collector that the shop's traffic went through says what each rule met, as HTML without scripts and as
// JSON. BETRACE_DRAW=1 has Chromium make docs/status.png of it.
func TestTheStatusPageOfACollector(t *testing.T) {
	t.Parallel()
	endpoint, setting := statusEndpoint(t)
	rules := write(t, "shop.yaml", readText(t, filepath.Join(shopRules(t), "shop.yaml"))+
		"  - { id: exports-are-approved, severity: high, condition: 'when { billing.export } always { export.approve }' }\n")
	p := openPipeline(t, setup{rules: filepath.Base(rules), dir: filepath.Dir(rules), betrace: setting})
	batches := read(t, shopTraces(t))
	send(t, p.grpc, batches)
	if err := p.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	var page struct {
		Processors []struct {
			ID, Pipeline string
			Rules        []struct {
				ID, Hash string
				Line     int
				NeverMet bool `json:"never_met"`
				Verdicts map[string]float64
				Last     []struct{ Message string } `json:"last_violations"`
			}
			Files struct {
				Sources []struct{ SHA256 string }
			}
		}
	}
	body := fetch(t, "http://"+endpoint+"/status.json")
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("%v:\n%s", err, body)
	}
	if len(page.Processors) != 1 || page.Processors[0].Pipeline != "traces" || len(page.Processors[0].Files.Sources) != 1 {
		t.Fatalf("the page is\n%s", body)
	}
	found := map[string]int{}
	for _, fault := range broken(batches) {
		rule, _, _ := strings.Cut(fault, " ")
		found[rule]++
	}
	for _, rule := range page.Processors[0].Rules {
		if int(rule.Verdicts["violated"]) != found[rule.ID] || len(rule.Last) != min(found[rule.ID], 5) || rule.Hash == "" || rule.Line == 0 {
			t.Errorf("%s was broken %d times, and the page says %+v", rule.ID, found[rule.ID], rule)
		}
		if rule.NeverMet != (rule.ID == "exports-are-approved") {
			t.Errorf("%s: never met is %v", rule.ID, rule.NeverMet)
		}
	}
	html := fetch(t, "http://"+endpoint+"/")
	for _, want := range []string{"exports-are-approved", "never met", "high-value-payment"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(html, "<script") {
		t.Error("there is a script on the page")
	}
	if os.Getenv("BETRACE_DRAW") != "" {
		drawPage(t, "http://"+endpoint+"/", filepath.Join(repository(t), "docs", "status.png"))
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func drawPage(t *testing.T, url, to string) {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed, so no picture was made")
	}
	out, err := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--window-size=1500,1580", "--screenshot="+to, url).CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
