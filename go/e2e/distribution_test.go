package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// manifest is what the tests read of otelcol-builder.yaml.
type manifest struct {
	Dist struct {
		CgoEnabled bool `yaml:"cgo_enabled"`
	} `yaml:"dist"`
	Receivers  []module `yaml:"receivers"`
	Processors []module `yaml:"processors"`
	Exporters  []module `yaml:"exporters"`
	Extensions []module `yaml:"extensions"`
	Connectors []module `yaml:"connectors"`
	Replaces   []string `yaml:"replaces"`
}

type module struct {
	GoMod string `yaml:"gomod"`
}

// component is one entry of what `otelcol-betrace components` prints.
type component struct {
	Name   string `yaml:"name"`
	Module string `yaml:"module"`
}

func components(t *testing.T, binary string) map[string][]component {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, "components").Output()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]yaml.Node{}
	if err := yaml.Unmarshal(out, &listed); err != nil {
		t.Fatal(err)
	}
	found := map[string][]component{}
	for _, class := range []string{"receivers", "processors", "exporters", "extensions", "connectors"} {
		var entries []component
		node := listed[class]
		if err := node.Decode(&entries); err != nil {
			t.Fatal(err)
		}
		found[class] = entries
	}
	return found
}

// The built Collector has what the manifest lists, in the listed versions, and under the promised names.
func TestTheDistributionIsItsManifest(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository(t), "otelcol-builder.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var listed manifest
	if err := yaml.Unmarshal(text, &listed); err != nil {
		t.Fatal(err)
	}
	if !listed.Dist.CgoEnabled {
		t.Error("dist.cgo_enabled is off")
	}
	promised := map[string]string{
		"receivers":  "otlp jaeger zipkin prometheus otlp_json_file kafka file_log",
		"processors": "betrace batch memory_limiter tail_sampling filter transform attributes resource k8s_attributes resource_detection",
		"exporters":  "debug otlp_grpc otlp_http file load_balancing nop kafka",
		"extensions": "health_check file_storage zpages",
		"connectors": "forward span_metrics count betrace",
	}
	built := components(t, collectorBinary(t))
	for class, modules := range map[string][]module{
		"receivers": listed.Receivers, "processors": listed.Processors, "exporters": listed.Exporters,
		"extensions": listed.Extensions, "connectors": listed.Connectors,
	} {
		names, sources := map[string]bool{}, map[string]bool{}
		for _, c := range built[class] {
			names[c.Name], sources[c.Module] = true, true
		}
		for name := range strings.FieldsSeq(promised[class]) {
			if !names[name] {
				t.Errorf("%s: %s is missing", class, name)
			}
			delete(names, name)
		}
		if len(names) > 0 {
			t.Errorf("%s: %v were not asked for", class, names)
		}
		for _, m := range modules {
			if !sources[m.GoMod] {
				t.Errorf("%s: %s is not in the binary", class, m.GoMod)
			}
			if !strings.Contains(m.GoMod, "betracehq") && !strings.HasSuffix(m.GoMod, " v0.158.0") {
				t.Errorf("%s: %s is of another release", class, m.GoMod)
			}
		}
	}
}

// A manifest of somebody else, outside the repository, gets the processor with the two lines of the README.
func TestAManifestFromOutside(t *testing.T) {
	root := repository(t)
	builder := built(t, "target/tools/builder", "collector")
	folder := t.TempDir()
	text := fmt.Sprintf(`dist:
  module: example.org/collector
  name: mine
  output_path: %[1]s/build
  cgo_enabled: true
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v0.158.0
exporters:
  - gomod: go.opentelemetry.io/collector/exporter/debugexporter v0.158.0
%[2]s`, folder, strings.ReplaceAll(shown(t, "README.md", "yaml manifest")[0], "./betrace/", root+"/"))
	path := filepath.Join(folder, "manifest.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), builder, "--config", path, "--skip-strict-versioning=false")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	binary := filepath.Join(folder, "build", "mine")
	config := write(t, "config.yaml", `
receivers: { otlp: { protocols: { grpc: {} } } }
processors: { betrace: { rules: { inline: [ { id: mine, condition: "never { broken }" } ] } } }
exporters: { debug: {} }
service: { pipelines: { traces: { receivers: [otlp], processors: [betrace], exporters: [debug] } } }
`)
	if out, err := exec.CommandContext(t.Context(), binary, "validate", "--config", config).CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// The binary holds the native library that was built last: the library's content hash is linked in beside it.
func TestTheDistributionHoldsTheLastLibrary(t *testing.T) {
	library, err := os.ReadFile(built(t, "target/release/libbetrace.a", "lib"))
	if err != nil {
		t.Fatal(err)
	}
	header, err := os.ReadFile(filepath.Join(repository(t), "include", "betrace.h"))
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(collectorBinary(t))
	if err != nil {
		t.Fatal(err)
	}
	hash := fmt.Sprintf("%x", sha256.Sum256(append(library, header...)))
	if !bytes.Contains(binary, []byte(hash)) {
		t.Errorf("the library of hash %s is not in the Collector", hash)
	}
}
