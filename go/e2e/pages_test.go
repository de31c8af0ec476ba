package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// operatorPages are the pages for those who run the Collector.
var operatorPages = []string{"alerting.md", "grafana.md", "kubernetes.md", "pipeline.md", "runbook.md", "scaling.md", "threat-model.md"}

// The configurations that these pages show are ones the Collector takes.
func TestConfigurationsOfTheOperatorPagesAreValid(t *testing.T) {
	rules := filepath.Join(repository(t), "rules")
	certificates := certificate(t)
	checked := 0
	for _, page := range operatorPages {
		text, err := os.ReadFile(filepath.Join(repository(t), "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\n```yaml collector\n") {
			continue
		}
		for _, config := range shown(t, filepath.Join("docs", page), "yaml collector") {
			local := strings.NewReplacer("[rules]", "["+rules+"]", "/etc/betrace/tls", certificates).Replace(withLocalPaths(t, config))
			if printed, err := validate(t, local); err != nil {
				t.Errorf("%s: %v, printed:\n%s\nof:\n%s", page, err, printed, local)
			}
			checked++
		}
	}
	if checked < 3 {
		t.Errorf("only %d configurations are shown", checked)
	}
}

// certificate makes a key pair, and is its own authority, for configurations that name them.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: signed}, "ca.crt": {Type: "CERTIFICATE", Bytes: signed}, "tls.key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// Links from these pages lead to files and headings that are there.
func TestLinksOfTheOperatorPagesLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	followed := 0
	for _, page := range operatorPages {
		text, err := os.ReadFile(filepath.Join(repository(t), "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			target := page
			if found[1] != "" {
				target = found[1]
			}
			content, err := os.ReadFile(filepath.Join(repository(t), "docs", target))
			if about, statErr := os.Stat(filepath.Join(repository(t), "docs", target)); statErr != nil {
				t.Errorf("%s links to %s: %v", page, target, statErr)
				continue
			} else if about.IsDir() {
				err = nil
			}
			if err != nil {
				t.Error(err)
			}
			if found[2] != "" && !headings(string(content))[found[2]] {
				t.Errorf("%s links to %s%s, and there is no such heading", page, target, found[2])
			}
			followed++
		}
	}
	if followed < 20 {
		t.Errorf("only %d links were followed", followed)
	}
}

// headings are a page's anchors.
func headings(text string) map[string]bool {
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := strings.ToLower(heading[1])
		anchor = regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(anchor, "")
		anchors["#"+strings.ReplaceAll(anchor, " ", "-")] = true
	}
	return anchors
}
