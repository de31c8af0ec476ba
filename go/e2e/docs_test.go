package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// shown are the blocks of a page behind a fence.
func shown(t *testing.T, page, fence string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), page))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for part := range strings.SplitSeq("\n"+string(text), "\n```"+fence+"\n") {
		block, _, _ := strings.Cut(part, "\n```\n")
		blocks = append(blocks, block+"\n")
	}
	if len(blocks) < 2 {
		t.Fatalf("%s shows no block behind `%s`", page, fence)
	}
	return blocks[1:]
}

// The configurations that the README shows are ones the Collector takes.
func TestShownConfigurationsAreValid(t *testing.T) {
	for _, config := range shown(t, "README.md", "yaml collector") {
		rules := filepath.Join(repository(t), "rules")
		if printed, err := validate(t, strings.Replace(config, "[rules]", "["+rules+"]", 1)); err != nil {
			t.Errorf("%v, printed:\n%s\nof:\n%s", err, printed, config)
		}
	}
}

// The commands that the README shows do what it says: replay finds violations and says so, the others find no fault.
func TestShownCommandsRun(t *testing.T) {
	command := built(t, "target/release/betrace", "cli")
	ran := 0
	for line := range strings.Lines(shown(t, "README.md", "sh command")[0]) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] != "betrace" {
			t.Fatalf("`%s` is not the command", line)
		}
		run := exec.CommandContext(t.Context(), command, words[1:]...)
		run.Dir = repository(t)
		printed, err := run.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		want := 0
		if words[1] == "replay" {
			want = 1
		}
		if got := run.ProcessState.ExitCode(); got != want || len(printed) == 0 && words[1] != "fmt" {
			t.Errorf("`%s` exits with %d instead of %d, and prints\n%s", line, got, want, printed)
		}
		ran++
	}
	if ran < 5 {
		t.Errorf("only %d commands were run", ran)
	}
}

// What the Helm values add to the chart's default configuration makes one that the Collector takes.
func TestHelmValuesAreValid(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository(t), "deploy", "helm", "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values struct {
		Config       map[string]any `yaml:"config"`
		ExtraVolumes []struct {
			Name string `yaml:"name"`
		} `yaml:"extraVolumes"`
		ExtraVolumeMounts []struct {
			Name      string `yaml:"name"`
			MountPath string `yaml:"mountPath"`
		} `yaml:"extraVolumeMounts"`
	}
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	// As the chart's documentation gives its defaults.
	defaults := `
receivers: { otlp: { protocols: { grpc: { endpoint: 127.0.0.1:4317 }, http: { endpoint: 127.0.0.1:4318 } } } }
processors: { batch: {}, memory_limiter: { check_interval: 5s, limit_percentage: 80, spike_limit_percentage: 25 } }
extensions: { health_check: { endpoint: 127.0.0.1:13133 } }
service: { extensions: [health_check], pipelines: { traces: { receivers: [otlp] } } }
`
	var config map[string]any
	if err := yaml.Unmarshal([]byte(defaults), &config); err != nil {
		t.Fatal(err)
	}
	merge(config, values.Config)
	merged, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if len(values.ExtraVolumes) != 1 || len(values.ExtraVolumeMounts) != 1 || values.ExtraVolumes[0].Name != values.ExtraVolumeMounts[0].Name {
		t.Fatal("the rules are mounted from a volume that is there")
	}
	mount := values.ExtraVolumeMounts[0].MountPath
	if !strings.Contains(string(merged), mount) {
		t.Fatalf("no rules are read from %s", mount)
	}
	local := strings.ReplaceAll(string(merged), mount, filepath.Join(repository(t), "rules"))
	if printed, err := validate(t, local); err != nil {
		t.Errorf("%v, printed:\n%s\nof:\n%s", err, printed, local)
	}
}

// merge lays values over defaults as Helm does: maps are merged, all else is replaced.
func merge(into, from map[string]any) {
	for key, value := range from {
		over, isMap := value.(map[string]any)
		under, wasMap := into[key].(map[string]any)
		if isMap && wasMap {
			merge(under, over)
			continue
		}
		into[key] = value
	}
}

// Each target that the README shows is one of the Makefile's.
func TestShownTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(repository(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile("(?m)(?:^|`)make (?:-C betrace )?([a-z]+)").FindAllStringSubmatch(string(readme), -1)
	if len(targets) < 5 {
		t.Fatalf("only %d targets are shown", len(targets))
	}
	for _, target := range targets {
		if !strings.Contains(string(makefile), "\n"+target[1]+":") {
			t.Errorf("`make %s` is shown, and is no target", target[1])
		}
	}
}
