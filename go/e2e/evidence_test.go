package e2e

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// signingKey writes a private key and its public half, as openssl does.
func signingKey(t *testing.T) (private, public string) {
	t.Helper()
	half, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	private = write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if der, err = x509.MarshalPKIXPublicKey(half); err != nil {
		t.Fatal(err)
	}
	return private, write(t, "key.pub.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
}

// verified is what `betrace evidence verify --format json` says.
type verified struct {
	Whole     bool
	Records   int
	Instances []struct {
		Last       int
		LastSha256 string `json:"last_sha256"`
	}
	Faults, Notes []struct{ Kind, Place, Text string }
}

func (v verified) kinds() []string {
	var kinds []string
	for _, fault := range v.Faults {
		kinds = append(kinds, fault.Kind)
	}
	return kinds
}

// evidence runs `betrace evidence`; an exit of 1 is an answer.
func evidence(t *testing.T, arguments ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), built(t, "target/release/betrace", "cli"), append([]string{"evidence"}, arguments...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("betrace evidence %v: %v\n%s", arguments, err, stderr.String())
	}
	return output
}

func verify(t *testing.T, arguments ...string) verified {
	t.Helper()
	var told verified
	output := evidence(t, append([]string{"verify", "--format", "json"}, arguments...)...)
	if err := json.Unmarshal(output, &told); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return told
}

// recordLines are the lines of all files of a folder.
func recordLines(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")...)
	}
	return lines
}

func payload(t *testing.T, line string) string {
	t.Helper()
	var envelope struct{ Payload string }
	if err := json.Unmarshal([]byte(line), &envelope); err != nil {
		t.Fatal(err)
	}
	statement, err := base64.StdEncoding.DecodeString(envelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return string(statement)
}

// values are the texts that attributes of spans and resources hold, long enough that none comes about by chance.
func values(batches []ptrace.Traces) map[string]bool {
	texts := map[string]bool{}
	gather := func(attributes pcommon.Map) {
		for _, value := range attributes.All() {
			if value.Type() == pcommon.ValueTypeStr && len(value.Str()) > 7 {
				texts[value.Str()] = true
			}
		}
	}
	for _, batch := range batches {
		for _, resource := range batch.ResourceSpans().All() {
			gather(resource.Resource().Attributes())
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					gather(span.Attributes())
				}
			}
		}
	}
	return texts
}

// The Collector over the shop's traffic, killed, reloaded, stopped and started again: `verify` names just that, and what is
// done to the records afterwards.
func TestEvidenceNamesExactlyWhatHappened(t *testing.T) {
	t.Parallel()
	private, public := signingKey(t)
	records, store := t.TempDir(), t.TempDir()
	pack, err := os.ReadFile(filepath.Join(repository(t), "rules", "compliance.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rules := write(t, "rules.yaml", string(pack))
	s := setup{
		rules:   rules,
		betrace: fmt.Sprintf("    storage: file_storage\n    evidence: { every: 1s, emit: file, directory: %q, key_file: %q }\n", records, private),
		change: func(config string) string {
			config = strings.Replace(config, "extensions:\n", fmt.Sprintf("extensions:\n  file_storage:\n    directory: %q\n    create_directory: true\n", store), 1)
			config = strings.Replace(config, "[health_check]", "[health_check, file_storage]", 1)
			return strings.Replace(config, "    trace:\n", "      reload_interval: 100ms\n    trace:\n", 1)
		},
	}
	grown := func() func() bool {
		before := len(recordLines(t, records))
		return func() bool { return len(recordLines(t, records)) >= before+2 }
	}
	traffic := read(t, filepath.Join(repository(t), "testdata", "traces", "missing-audit-record.jsonl"))

	p := openPipeline(t, s)
	send(t, p.grpc, traffic)
	if err := p.WaitDecided(t.Context(), 30e9); err != nil {
		t.Fatal(err)
	}
	until(t, "periods are closed", grown())
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}

	p = openPipeline(t, s)
	replaceFile(t, rules, string(pack)+"\n  - id: added\n    condition: never { debug.dump }\n")
	until(t, "the rules are exchanged", func() bool { return p.metric(t, "reloads", `outcome="success"`) == 1 })
	send(t, p.grpc, traffic)
	until(t, "periods are closed", grown())
	p.stop(t)

	p = openPipeline(t, s)
	until(t, "a period is closed", grown())
	p.stop(t)

	told := verify(t, records, "--public-key", public)
	if kinds := told.kinds(); !slices.Equal(kinds, []string{"not_running", "not_running"}) {
		t.Fatalf("%v", told.Faults)
	}
	if !strings.HasPrefix(told.Faults[0].Text, "killed") || !strings.HasPrefix(told.Faults[1].Text, "stopped in order") {
		t.Errorf("%v", told.Faults)
	}
	if len(told.Notes) != 1 || !strings.Contains(told.Notes[0].Text, "added is new") {
		t.Errorf("%v", told.Notes)
	}
	last := fmt.Sprintf("%d:%s", told.Instances[0].Last, told.Instances[0].LastSha256)
	told = verify(t, records, "--public-key", public, "--longest-pause", "60", "--expect-last", last)
	if !told.Whole {
		t.Errorf("%v", told.Faults)
	}

	lines := recordLines(t, records)
	for _, line := range lines {
		statement := payload(t, line)
		for value := range values(traffic) {
			if strings.Contains(statement, value) {
				t.Errorf("%q, a value of a span, stands in %s", value, statement)
			}
		}
	}
	evidenceIsReported(t, records, public)

	// One record is taken out of the middle.
	without := t.TempDir()
	kept := slices.Delete(slices.Clone(lines), 1, 2)
	if err := os.WriteFile(filepath.Join(without, "betrace-evidence-x.jsonl"), []byte(strings.Join(kept, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	told = verify(t, without, "--public-key", public, "--longest-pause", "60")
	if kinds := told.kinds(); !slices.Equal(kinds, []string{"missing", "time_gap"}) || !strings.Contains(told.Faults[0].Text, "record 2 is not here") {
		t.Errorf("%v", told.Faults)
	}
}

// The pack's rule was broken in the traffic, and the report says so, and for how much of the time nobody watched.
func evidenceIsReported(t *testing.T, records, public string) {
	t.Helper()
	output := evidence(t, "report", records, "--public-key", public, "--longest-pause", "60", "--framework", "HIPAA", "--format", "json")
	var report struct {
		Whole    bool
		Coverage struct {
			Share float64
			Holes []struct{ From, To string }
		}
		Controls []struct {
			ID    string
			Rules []struct {
				ID, Status string
				Violated   int
			}
		}
	}
	if err := json.Unmarshal(output, &report); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if !report.Whole || len(report.Coverage.Holes) != 2 || report.Coverage.Share >= 1 || report.Coverage.Share <= 0 {
		t.Errorf("%+v", report.Coverage)
	}
	for _, control := range report.Controls {
		if control.ID == "164.312(b)" {
			if len(control.Rules) != 1 || control.Rules[0].Status != "broken" || control.Rules[0].Violated == 0 {
				t.Errorf("%+v", control)
			}
			return
		}
	}
	t.Errorf("the control is not there: %s", output)
}

// Records that went to a backend as spans are verified from its export.
func TestEvidenceTravelsAsSpans(t *testing.T) {
	t.Parallel()
	private, public := signingKey(t)
	export := filepath.Join(t.TempDir(), "export.jsonl")
	var mu sync.Mutex
	var lines [][]byte
	sink := openSink(t, func(traces ptrace.Traces) {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		lines = append(lines, line)
	})
	s := setup{
		rules:   write(t, "rules.yaml", fmt.Sprintf(neverBroken, "one", "broken")),
		betrace: fmt.Sprintf("    evidence: { every: 1s, key_file: %q }\n", private),
	}
	started, err := s.start(t, sink.Address())
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{Collector: started, grpc: dialGRPC(t, started.Ports.GRPC)}
	send(t, p.grpc, []ptrace.Traces{oneSpan(1, "fine"), oneSpan(2, "broken")})
	until(t, "records are written", func() bool { return p.metric(t, "evidence_records", `outcome="written"`) >= 3 })
	p.stop(t)
	mu.Lock()
	defer mu.Unlock()
	// A backend keeps no order, and may have got something twice.
	slices.Reverse(lines)
	lines = append(lines, lines...)
	if err := os.WriteFile(export, bytes.Join(lines, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	told := verify(t, export, "--public-key", public)
	if !told.Whole || told.Records < 4 {
		t.Errorf("%+v", told)
	}
}

// Records that the connector told as log events are verified from what the file exporter wrote of them.
func TestEvidenceTravelsAsLogEvents(t *testing.T) {
	t.Parallel()
	private, public := signingKey(t)
	export := filepath.Join(t.TempDir(), "logs.jsonl")
	s := setup{
		rules:   write(t, "rules.yaml", fmt.Sprintf(neverBroken, "one", "broken")),
		betrace: fmt.Sprintf("    evidence: { every: 1s, key_file: %q }\n", private),
		change: func(config string) string {
			config = strings.Replace(config, "exporters:\n", fmt.Sprintf("connectors:\n  betrace:\nexporters:\n  file: { path: %q }\n", export), 1)
			config = strings.Replace(config, "exporters: [otlp_grpc/backend]", "exporters: [otlp_grpc/backend, betrace]", 1)
			return config + "    logs:\n      receivers: [betrace]\n      exporters: [file]\n"
		},
	}
	p := openPipeline(t, s)
	send(t, p.grpc, []ptrace.Traces{oneSpan(1, "fine"), oneSpan(2, "broken")})
	until(t, "records are written", func() bool { return p.metric(t, "evidence_records", `outcome="written"`) >= 3 })
	p.stop(t)
	told := verify(t, export, "--public-key", public)
	if !told.Whole || told.Records < 4 || len(told.Instances) != 1 {
		t.Errorf("%+v", told)
	}
	content, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte("betrace.violation")) {
		t.Error("violations are told beside them")
	}
}
