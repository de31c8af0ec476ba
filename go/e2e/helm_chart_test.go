package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// chart is the folder of the standard chart. It is not part of this repository: CHART names a copy.
func chart(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("CHART")
	if folder == "" {
		t.Skip("CHART does not name a folder of the opentelemetry-collector chart; the values were checked against deploy/helm/chart-keys.txt alone")
	}
	if _, err := os.Stat(filepath.Join(folder, "Chart.yaml")); err != nil {
		t.Fatalf("CHART: %v", err)
	}
	return folder
}

// The committed list of keys is the chart's own. UPDATE_DOCS=1 writes it again.
func TestTheCommittedKeysAreTheCharts(t *testing.T) {
	folder := chart(t)
	var about struct {
		Name    string `yaml:"name"`
		Version string `yaml:"version"`
	}
	var defaults map[string]any
	var schema map[string]any
	readInto(t, filepath.Join(folder, "Chart.yaml"), yaml.Unmarshal, &about)
	readInto(t, filepath.Join(folder, "values.yaml"), yaml.Unmarshal, &defaults)
	readInto(t, filepath.Join(folder, "values.schema.json"), json.Unmarshal, &schema)
	keys := chartKeys{}
	keys.add("", schema, schema, defaults)
	keys.addRead(t, filepath.Join(folder, "templates"))

	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: the keys of its values and their types; below a key with .* they are the user's\n", about.Name, about.Version)
	for _, path := range slices.Sorted(maps.Keys(keys)) {
		fmt.Fprintf(&text, "%s %s\n", path, strings.Join(keys[path], "|"))
	}
	path := filepath.Join(repository(t), "deploy", "helm", "chart-keys.txt")
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != text.String() {
		t.Errorf("chart-keys.txt is of another chart than %s %s; UPDATE_DOCS=1 writes it again", about.Name, about.Version)
	}
}

func readInto(t *testing.T, path string, decode func([]byte, any) error, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// add gathers the keys that the schema names, and those that the chart's values hold where the schema leaves an object
// open. The configuration of the Collector is the user's.
func (k chartKeys) add(prefix string, root, schema, defaults map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	names := map[string]bool{}
	for name := range properties {
		names[name] = true
	}
	for name := range defaults {
		names[name] = true
	}
	for name := range names {
		path := prefix + name
		property, _ := properties[name].(map[string]any)
		property = resolve(root, property)
		inner, _ := defaults[name].(map[string]any)
		below, _ := property["properties"].(map[string]any)
		kinds := schemaTypes(property, defaults[name])
		switch {
		case path == "config" || path == "alternateConfig" || slices.Equal(kinds, []string{"object"}) && len(inner) == 0 && len(below) == 0:
			k[path+".*"] = []string{"object"}
		case slices.Equal(kinds, []string{"object"}):
			k.add(path+".", root, property, inner)
		default:
			k[path] = kinds
		}
	}
}

// addRead adds the keys that the templates read and neither the schema nor the values name.
func (k chartKeys) addRead(t *testing.T, templates string) {
	t.Helper()
	files, err := os.ReadDir(templates)
	if err != nil {
		t.Fatal(err)
	}
	read := regexp.MustCompile(`(?:\.Values)+\.([A-Za-z][A-Za-z0-9_.]*[A-Za-z0-9])`)
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(templates, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range read.FindAllStringSubmatch(string(text), -1) {
			if kinds, inside := k.find(found[1]); kinds == nil && !inside && !k.belowFree(found[1]) && found[1] != "Values" {
				k[found[1]] = []string{"any"}
			}
		}
	}
}

// belowFree says whether a path lies in an object that is the user's.
func (k chartKeys) belowFree(path string) bool {
	for ; path != ""; path = path[:max(strings.LastIndexByte(path, '.'), 0)] {
		if _, ok := k[path+".*"]; ok {
			return true
		}
	}
	return false
}

func resolve(root, schema map[string]any) map[string]any {
	reference, ok := schema["$ref"].(string)
	if !ok {
		return schema
	}
	at := any(root)
	for part := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		inner, _ := at.(map[string]any)
		at = inner[part]
	}
	found, _ := at.(map[string]any)
	return found
}

// schemaTypes are the types that a schema allows; where it says nothing, that of the default.
func schemaTypes(schema map[string]any, standard any) []string {
	switch kinds := schema["type"].(type) {
	case string:
		return []string{kinds}
	case []any:
		var all []string
		for _, kind := range kinds {
			all = append(all, fmt.Sprint(kind))
		}
		return all
	}
	if standard == nil || len(schema) > 0 {
		return []string{"any"}
	}
	return []string{kindOf(standard)}
}

// render renders the chart with some of our files and returns its objects by kind.
func render(t *testing.T, release string, files ...string) map[string][]map[string]any {
	t.Helper()
	return renderWith(t, release, nil, files...)
}

// renderWith says more than the files say, in words of `helm --set`.
func renderWith(t *testing.T, release string, set []string, files ...string) map[string][]map[string]any {
	t.Helper()
	folder := chart(t)
	arguments := []string{"template", release, folder, "--namespace", "observability", "--kube-version", "1.33.0",
		"--api-versions", "monitoring.coreos.com/v1", "--api-versions", "policy/v1"}
	for _, file := range files {
		arguments = append(arguments, "--values", filepath.Join(repository(t), "deploy", "helm", file))
	}
	for _, words := range set {
		arguments = append(arguments, "--set", words)
	}
	command := exec.CommandContext(t.Context(), built(t, "target/tools/helm", "target/tools/helm"), arguments...)
	var problems strings.Builder
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &problems)
	}
	objects := map[string][]map[string]any{}
	decoder := yaml.NewDecoder(strings.NewReader(string(out)))
	for {
		var object map[string]any
		if err := decoder.Decode(&object); err != nil {
			break
		}
		if kind, ok := object["kind"].(string); ok {
			objects[kind] = append(objects[kind], object)
		}
	}
	return objects
}

// at follows keys and indices into an object; nil where the way ends.
func at(object any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			inner, _ := object.(map[string]any)
			object = inner[step]
		case int:
			list, _ := object.([]any)
			if step >= len(list) {
				return nil
			}
			object = list[step]
		}
	}
	return object
}

// Each of our files makes, with the chart itself, the objects that it speaks of, and a configuration that the Collector takes.
func TestTheChartRendersTheValues(t *testing.T) {
	for _, release := range []struct {
		name, workload string
		files          []string
		replicas       int
		kinds          []string
	}{
		{"betrace", "StatefulSet", []string{"values.yaml", "alerts.yaml"}, 1, []string{"ConfigMap", "PrometheusRule", "Service", "ServiceAccount", "ServiceMonitor", "StatefulSet"}},
		{"betrace-checkers", "StatefulSet", []string{"checkers.yaml", "alerts.yaml"}, 3, []string{"ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "PrometheusRule", "Service", "ServiceAccount", "ServiceMonitor", "StatefulSet"}},
		{"betrace-router", "Deployment", []string{"router.yaml"}, 2, []string{"ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "ServiceAccount", "ServiceMonitor"}},
	} {
		t.Run(release.name, func(t *testing.T) {
			objects := render(t, release.name, release.files...)
			if kinds := slices.Sorted(maps.Keys(objects)); !slices.Equal(kinds, release.kinds) {
				t.Fatalf("the objects are %v", kinds)
			}
			workload := objects[release.workload][0]
			if at(workload, "spec", "replicas") != release.replicas || at(workload, "metadata", "name") != release.name {
				t.Errorf("%v runs %v pods", at(workload, "metadata", "name"), at(workload, "spec", "replicas"))
			}
			pod := at(workload, "spec", "template", "spec")
			container := at(pod, "containers", 0)
			if at(container, "command", 0) != "/otelcol-betrace" || at(container, "securityContext", "readOnlyRootFilesystem") != true ||
				at(pod, "securityContext", "runAsUser") != 10001 || at(pod, "automountServiceAccountToken") != false {
				t.Errorf("the pod is %v", pod)
			}
			if service := objects["Service"][0]; release.name == "betrace-checkers" &&
				(at(service, "spec", "clusterIP") != "None" || at(service, "metadata", "name") != at(workload, "spec", "serviceName")) {
				t.Errorf("the Service of the tier is %v", service["spec"])
			}
			if rule := objects["PrometheusRule"]; rule != nil {
				var alerts map[string]any
				readInto(t, filepath.Join(repository(t), "deploy", "prometheus", "alerts.yaml"), yaml.Unmarshal, &alerts)
				if !reflect.DeepEqual(at(rule[0], "spec", "groups"), alerts["groups"]) {
					t.Error("the PrometheusRule is not deploy/prometheus/alerts.yaml")
				}
			}
			if printed, local, err := validateRelay(t, objects); err != nil {
				t.Errorf("%v, printed:\n%s\nof:\n%s", err, printed, local)
			}
		})
	}
}

// validateRelay has the Collector say what it thinks of the configuration that the chart made.
func validateRelay(t *testing.T, objects map[string][]map[string]any) (printed, local string, err error) {
	t.Helper()
	relay, _ := at(objects["ConfigMap"][0], "data", "relay").(string)
	local = withLocalPaths(t, strings.NewReplacer("${env:MY_POD_IP}", "127.0.0.1", "${env:OTEL_K8S_", "${env:HOME:-").Replace(relay))
	printed, err = validate(t, local)
	return printed, local, err
}

var presetRow = regexp.MustCompile("(?m)^\\| (`.*) \\| (.*) \\| (yes|no) \\|$")

// presets are the rows of the table of docs/kubernetes.md: the chart's presets, the words about components, and whether those are
// in the distribution.
func presets(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "docs", "kubernetes.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := presetRow.FindAllStringSubmatch(string(text), -1)
	if len(rows) < 7 {
		t.Fatalf("%d presets", len(rows))
	}
	return rows
}

// The table of presets says of each component truly whether it is in the distribution.
func TestTheTableOfPresetsIsTheDistribution(t *testing.T) {
	names := map[string]bool{}
	for class, listed := range components(t, collectorBinary(t)) {
		for _, one := range listed {
			names[strings.TrimSuffix(class, "s")+" `"+one.Name+"`"] = true
		}
	}
	of := regexp.MustCompile("(receiver|processor|extension) `[a-z0-9_]+`")
	for _, row := range presets(t) {
		for _, component := range of.FindAllString(row[2], -1) {
			if names[component] != (row[3] == "yes") {
				t.Errorf("%s: %s is in the distribution: %v", row[1], component, names[component])
			}
		}
	}
}

// The chart makes of each preset a configuration whose components the Collector knows where the table says so, and does not know
// where it does not. What else it lacks here, such as the name of a node, is no matter of the table.
func TestTheChartsPresetsAreAsTheTableSays(t *testing.T) {
	for _, row := range presets(t) {
		for name := range strings.SplitSeq(row[1], ", ") {
			name = strings.Trim(name, "`")
			t.Run(name, func(t *testing.T) {
				objects := renderWith(t, "betrace", []string{"presets." + name + ".enabled=true"}, "values.yaml")
				printed, local, err := validateRelay(t, objects)
				isUnknown := strings.Contains(printed, "unknown type")
				if isUnknown == (row[3] == "yes") || isUnknown && err == nil {
					t.Errorf("%v, printed:\n%s\nof:\n%s", err, printed, local)
				}
			})
		}
	}
}
