package e2e

import (
	"bytes"
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
		"receivers":  "otlp jaeger zipkin prometheus otlp_json_file",
		"processors": "betrace batch memory_limiter tail_sampling filter transform attributes resource k8s_attributes resource_detection",
		"exporters":  "debug otlp_grpc otlp_http file load_balancing nop",
		"extensions": "health_check file_storage zpages",
		"connectors": "forward span_metrics count",
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

// A manifest of somebody else, outside the repository, gets the processor with two lines.
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
processors:
  - { gomod: github.com/betracehq/betrace/go/betraceprocessor v0.1.0, path: %[2]s/go/betraceprocessor }
replaces:
  - github.com/betracehq/betrace/go/betrace => %[2]s/go/betrace
`, folder, root)
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

// A changed native library reaches a program that Go has built and cached before: the library in a copy of the
// wrapper is changed in one string of the same length, and the rebuilt program holds the new one.
func TestAChangedLibraryReachesTheBinary(t *testing.T) {
	root := repository(t)
	folder := t.TempDir()
	wrapper := filepath.Join(folder, "betrace")
	if err := os.CopyFS(wrapper, os.DirFS(filepath.Join(root, "go", "betrace"))); err != nil {
		t.Fatal(err)
	}
	library, err := os.ReadFile(built(t, "target/release/libbetrace.a", "lib"))
	if err != nil {
		t.Fatal(err)
	}
	const before, after = "betrace.violation", "BETRACE.VIOLATION"
	if !bytes.Contains(library, []byte(before)) {
		t.Fatalf("the library does not hold %q", before)
	}
	program := filepath.Join(folder, "program")
	files := map[string]string{
		"go.mod": "module example.org/program\n\ngo 1.26\n\nrequire github.com/betracehq/betrace/go/betrace v0.1.0\n\nreplace github.com/betracehq/betrace/go/betrace => ../betrace\n",
		"main.go": `package main

import "github.com/betracehq/betrace/go/betrace"

func main() {
	rules, err := betrace.Compile(nil)
	if err != nil {
		panic(err)
	}
	engine, err := betrace.NewEngine(rules, betrace.Settings{}, 1)
	if err == nil {
		_, _, err = engine.TakeViolations(1)
	}
	println(err)
}
`,
	}
	if err := os.Mkdir(program, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(program, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(dir, name string, arguments ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), name, arguments...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, arguments, err, out)
		}
	}
	binaryWith := func(library []byte) []byte {
		t.Helper()
		path := filepath.Join(folder, "libbetrace.a")
		if err := os.WriteFile(path, library, 0o600); err != nil {
			t.Fatal(err)
		}
		run(folder, filepath.Join(wrapper, "install-library.sh"), path)
		run(program, "go", "build", "-mod=mod", "-o", "program", ".")
		binary, err := os.ReadFile(filepath.Join(program, "program"))
		if err != nil {
			t.Fatal(err)
		}
		return binary
	}
	if first := binaryWith(library); !bytes.Contains(first, []byte(before)) || bytes.Contains(first, []byte(after)) {
		t.Error("the first binary does not hold the library")
	}
	if second := binaryWith(bytes.ReplaceAll(library, []byte(before), []byte(after))); !bytes.Contains(second, []byte(after)) {
		t.Error("the changed library did not reach the binary")
	}
}
