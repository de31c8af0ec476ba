package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// helmValues are the files that are handed to the chart with --values, each for one release of it.
var helmValues = []string{"values.yaml", "router.yaml", "checkers.yaml"}

// readValues reads one file of deploy/helm into whatever shape the caller asks for.
func readValues[T any](t *testing.T, name string) (values T, text string) {
	t.Helper()
	read, err := os.ReadFile(filepath.Join(repository(t), "deploy", "helm", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(read, &values); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return values, string(read)
}

// chartValues is what the tests read of the values.
type chartValues struct {
	Mode             string         `yaml:"mode"`
	ReplicaCount     int            `yaml:"replicaCount"`
	FullnameOverride string         `yaml:"fullnameOverride"`
	PodLabels        map[string]any `yaml:"podLabels"`
	Autoscaling      struct {
		Enabled *bool `yaml:"enabled"`
	} `yaml:"autoscaling"`
	UseGOMEMLIMIT *bool `yaml:"useGOMEMLIMIT"`
	ExtraEnvs     []struct {
		Name  string `yaml:"name"`
		Value string `yaml:"value"`
	} `yaml:"extraEnvs"`
	Resources struct {
		Requests struct {
			Memory string `yaml:"memory"`
		} `yaml:"requests"`
		Limits struct {
			Memory string `yaml:"memory"`
		} `yaml:"limits"`
	} `yaml:"resources"`
	PodSecurityContext struct {
		RunAsNonRoot   bool `yaml:"runAsNonRoot"`
		RunAsUser      int  `yaml:"runAsUser"`
		SeccompProfile struct {
			Type string `yaml:"type"`
		} `yaml:"seccompProfile"`
	} `yaml:"podSecurityContext"`
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct {
			Drop []string `yaml:"drop"`
			Add  []string `yaml:"add"`
		} `yaml:"capabilities"`
	} `yaml:"securityContext"`
	NetworkPolicy struct {
		AllowIngressFrom []struct {
			PodSelector struct {
				MatchLabels map[string]any `yaml:"matchLabels"`
			} `yaml:"podSelector"`
		} `yaml:"allowIngressFrom"`
	} `yaml:"networkPolicy"`
	Config struct {
		Processors struct {
			MemoryLimiter struct {
				LimitMib      int `yaml:"limit_mib"`
				SpikeLimitMib int `yaml:"spike_limit_mib"`
			} `yaml:"memory_limiter"`
			Betrace struct {
				Limits struct {
					MemoryMib int `yaml:"memory_mib"`
				} `yaml:"limits"`
			} `yaml:"betrace"`
		} `yaml:"processors"`
		Exporters struct {
			LoadBalancing struct {
				RoutingKey string `yaml:"routing_key"`
				Resolver   struct {
					Static struct {
						Hostnames []string `yaml:"hostnames"`
					} `yaml:"static"`
				} `yaml:"resolver"`
			} `yaml:"load_balancing"`
		} `yaml:"exporters"`
	} `yaml:"config"`
}

// The chart refuses a key that it does not know, and helm overlooks one inside a part that the chart leaves open; so
// every key of the values is one of the chart's, and of its type.
func TestHelmValuesUseOnlyTheChartsKeys(t *testing.T) {
	keys, version := committedChartKeys(t)
	for _, name := range append([]string{"alerts.yaml"}, helmValues...) {
		values, text := readValues[map[string]any](t, name)
		if !strings.Contains(text, "version "+version) {
			t.Errorf("%s does not say that it is for version %s of the chart", name, version)
		}
		used := 0
		walkValues("", values, func(path string, value any) bool {
			kinds, descend := keys.find(path)
			switch {
			case kinds == nil && !descend:
				t.Errorf("%s: the chart %s has no key %s", name, version, path)
			case kinds != nil && !slices.Contains(kinds, "any") && !slices.Contains(kinds, kindOf(value)):
				t.Errorf("%s: %s is of type %s, and the chart asks for %v", name, path, kindOf(value), kinds)
			}
			used++
			return descend
		})
		if used < 2 {
			t.Errorf("%s: only %d keys were looked at", name, used)
		}
	}
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case int:
		return "integer"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	default:
		return fmt.Sprintf("%T", value)
	}
}

// walkValues visits each key with its dotted path, and goes into those for which visit says so.
func walkValues(prefix string, values map[string]any, visit func(path string, value any) bool) {
	for key, value := range values {
		if visit(prefix+key, value) {
			if inner, ok := value.(map[string]any); ok {
				walkValues(prefix+key+".", inner, visit)
			}
		}
	}
}

// chartKeys are the chart's keys by dotted path, with their types; a path that ends in ".*" is of an object whose keys
// the chart leaves to its users.
type chartKeys map[string][]string

// find gives the types of a key, nil where the chart does not have it, and whether the keys below are the chart's too.
func (k chartKeys) find(path string) (kinds []string, descend bool) {
	if kinds, ok := k[path]; ok {
		return kinds, false
	}
	if _, ok := k[path+".*"]; ok {
		return []string{"object"}, false
	}
	for known := range k {
		if strings.HasPrefix(known, path+".") {
			return nil, true
		}
	}
	return nil, false
}

// committedChartKeys reads deploy/helm/chart-keys.txt: a line that names the chart's version, then one key a line.
func committedChartKeys(t *testing.T) (chartKeys, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "deploy", "helm", "chart-keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	head, lines, _ := strings.Cut(string(text), "\n")
	version := regexp.MustCompile(`opentelemetry-collector (\d+\.\d+\.\d+)`).FindStringSubmatch(head)
	if version == nil {
		t.Fatalf("chart-keys.txt begins with %q instead of the chart's version", head)
	}
	keys := chartKeys{}
	for line := range strings.Lines(lines) {
		path, kinds, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			t.Fatalf("chart-keys.txt: %q is no key with a type", line)
		}
		keys[path] = strings.Split(kinds, "|")
	}
	if len(keys) < 100 {
		t.Fatalf("chart-keys.txt holds only %d keys", len(keys))
	}
	return keys, version[1]
}

// What breaks traces apart is off, and each file names the words that would switch it on.
func TestHelmValuesKeepTracesTogether(t *testing.T) {
	for _, name := range helmValues {
		values, text := readValues[chartValues](t, name)
		if values.Autoscaling.Enabled == nil || *values.Autoscaling.Enabled {
			t.Errorf("%s: autoscaling is not off", name)
		}
		for _, word := range []string{"replicaCount", "autoscaling", "mode: daemonset"} {
			if !regexp.MustCompile(`(?m)^#   .*` + word).MatchString(text) {
				t.Errorf("%s: no comment says what becomes of traces with %s", name, word)
			}
		}
	}
	if one, _ := readValues[chartValues](t, "values.yaml"); one.ReplicaCount != 1 || one.Mode != "statefulset" {
		t.Errorf("values.yaml runs %d pods as a %s", one.ReplicaCount, one.Mode)
	}
}

// Every router lists exactly the pods of the tier, or some traces would go nowhere or the routers would differ.
func TestTheRoutersListEveryChecker(t *testing.T) {
	router, _ := readValues[chartValues](t, "router.yaml")
	checkers, _ := readValues[chartValues](t, "checkers.yaml")
	var want []string
	for i := range checkers.ReplicaCount {
		want = append(want, fmt.Sprintf("%[1]s-%[2]d.%[1]s:4317", checkers.FullnameOverride, i))
	}
	balancing := router.Config.Exporters.LoadBalancing
	if !slices.Equal(balancing.Resolver.Static.Hostnames, want) {
		t.Errorf("router.yaml lists %v, and the tier is %v", balancing.Resolver.Static.Hostnames, want)
	}
	if balancing.RoutingKey != "traceID" {
		t.Errorf("the routers route by %q", balancing.RoutingKey)
	}
	from := checkers.NetworkPolicy.AllowIngressFrom
	if len(from) != 1 || fmt.Sprint(from[0].PodSelector.MatchLabels) != fmt.Sprint(router.PodLabels) {
		t.Errorf("the checkers take spans from %v, and the routers are labelled %v", from, router.PodLabels)
	}
}

// The memory of a container is the sum that its comment shows, and the sum is of what the keys say.
func TestHelmMemoryAddsUp(t *testing.T) {
	line := regexp.MustCompile(`(?m)^#\s+(\d+)  (.*)$`)
	for _, name := range helmValues {
		values, text := readValues[chartValues](t, name)
		rows := line.FindAllStringSubmatch(text, -1)
		if len(rows) < 3 {
			t.Fatalf("%s shows no sum", name)
		}
		parts, sum := map[string]int{}, 0
		for _, row := range rows {
			n, err := strconv.Atoi(row[1])
			if err != nil {
				t.Fatal(err)
			}
			parts[row[2]] = n
			sum += n
		}
		total := parts["resources.limits.memory"]
		if sum -= total; sum != total {
			t.Errorf("%s: the parts are %d MiB and the total says %d", name, sum, total)
		}
		if want := fmt.Sprintf("%dMi", total); values.Resources.Limits.Memory != want || values.Resources.Requests.Memory != want {
			t.Errorf("%s: the total is %s, the limit %s and the request %s", name, want, values.Resources.Limits.Memory, values.Resources.Requests.Memory)
		}
		if values.UseGOMEMLIMIT == nil || *values.UseGOMEMLIMIT {
			t.Errorf("%s: the chart's GOMEMLIMIT is on, and takes the whole container for Go's heap", name)
		}
		limiter := values.Config.Processors.MemoryLimiter
		heap := fmt.Sprintf("Go's heap: GOMEMLIMIT below; memory_limiter refuses batches from %d on", limiter.LimitMib)
		env := values.ExtraEnvs
		if len(env) != 1 || env[0].Name != "GOMEMLIMIT" || env[0].Value != fmt.Sprintf("%dMiB", parts[heap]) || limiter.LimitMib >= parts[heap] {
			t.Errorf("%s: the environment is %v and memory_limiter's bound %d, beside the rows %v", name, env, limiter.LimitMib, parts)
		}
		state := "state of traces: config.processors.betrace.limits.memory_mib"
		if parts[state] != values.Config.Processors.Betrace.Limits.MemoryMib {
			t.Errorf("%s: betrace may hold %d MiB, and the row says %d", name, values.Config.Processors.Betrace.Limits.MemoryMib, parts[state])
		}
	}
}

// As the Pod Security Standard "restricted" asks.
func TestHelmPodsAreRestricted(t *testing.T) {
	for _, name := range helmValues {
		values, _ := readValues[chartValues](t, name)
		pod, container := values.PodSecurityContext, values.SecurityContext
		if !pod.RunAsNonRoot || pod.RunAsUser != 10001 || pod.SeccompProfile.Type != "RuntimeDefault" {
			t.Errorf("%s: podSecurityContext is %+v", name, pod)
		}
		if container.AllowPrivilegeEscalation == nil || *container.AllowPrivilegeEscalation || !container.ReadOnlyRootFilesystem ||
			!slices.Equal(container.Capabilities.Drop, []string{"ALL"}) || len(container.Capabilities.Add) > 0 {
			t.Errorf("%s: securityContext is %+v", name, container)
		}
	}
}

// chartDefaults is the part of the chart's default configuration that the values build on or take out, as the chart's
// documentation shows it; where the chart itself is given, its own rendering is tested instead (helm_chart_test.go).
const chartDefaults = `
receivers:
  jaeger: { protocols: { grpc: { endpoint: "127.0.0.1:14250" } } }
  otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" }, http: { endpoint: "127.0.0.1:4318" } } }
  prometheus: { config: { scrape_configs: [ { job_name: opentelemetry-collector, static_configs: [ { targets: ["127.0.0.1:8888"] } ] } ] } }
  zipkin: { endpoint: "127.0.0.1:9411" }
processors: { batch: {}, memory_limiter: { check_interval: 5s, limit_percentage: 80, spike_limit_percentage: 25 } }
exporters: { debug: {} }
extensions: { health_check: { endpoint: "127.0.0.1:13133" } }
service:
  extensions: [health_check]
  telemetry: { metrics: { readers: [ { pull: { exporter: { prometheus: { host: 127.0.0.1, port: 8888 } } } } ] } }
  pipelines:
    logs: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug] }
    metrics: { receivers: [otlp, prometheus], processors: [memory_limiter, batch], exporters: [debug] }
    traces: { receivers: [otlp, jaeger, zipkin], processors: [memory_limiter, batch], exporters: [debug] }
`

// What the values make of the chart's default configuration is one that the Collector takes.
func TestHelmValuesMakeValidConfigurations(t *testing.T) {
	for _, name := range helmValues {
		values, _ := readValues[struct {
			Config map[string]any `yaml:"config"`
		}](t, name)
		var config map[string]any
		if err := yaml.Unmarshal([]byte(chartDefaults), &config); err != nil {
			t.Fatal(err)
		}
		mergeAsHelm(config, values.Config)
		merged, err := yaml.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		local := withLocalPaths(t, string(merged))
		if printed, err := validate(t, local); err != nil {
			t.Errorf("%s: %v, printed:\n%s\nof:\n%s", name, err, printed, local)
		}
	}
}

// withLocalPaths puts folders of this machine in the place of the volumes that the values mount.
func withLocalPaths(t *testing.T, config string) string {
	t.Helper()
	config = strings.ReplaceAll(config, "/etc/betrace/rules", filepath.Join(repository(t), "rules"))
	return strings.ReplaceAll(config, "/var/lib/betrace", t.TempDir())
}

// mergeAsHelm lays values over defaults as Helm does: maps are merged, null removes, all else is replaced.
func mergeAsHelm(into, from map[string]any) {
	for key, value := range from {
		over, isMap := value.(map[string]any)
		under, wasMap := into[key].(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isMap && wasMap:
			mergeAsHelm(under, over)
		default:
			into[key] = value
		}
	}
}
