package e2e

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/betracehq/betrace/go/e2e/backend"
	"github.com/betracehq/betrace/go/e2e/collector"
)

// releaseOf is the Collector release that a manifest at the top of the repository asks for, by its OTLP receiver.
func releaseOf(t *testing.T, name string) string {
	t.Helper()
	var listed manifest
	readInto(t, filepath.Join(repository(t), name), yaml.Unmarshal, &listed)
	for _, module := range listed.Receivers {
		if path, version, found := strings.Cut(module.GoMod, " "); found && strings.HasSuffix(path, "/otlpreceiver") {
			return version
		}
	}
	t.Fatalf("%s has no OTLP receiver", name)
	return ""
}

// The README says with which releases the processor is tested: that of the distribution, and the newest.
func TestTheReadmeNamesTheTestedReleases(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := "Tested with the Collector releases " + releaseOf(t, "otelcol-builder.yaml") + " (the distribution) and " + releaseOf(t, "otelcol-builder-newest.yaml")
	if !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), want) {
		t.Errorf("the README does not say %q", want)
	}
}

// The newest release, with this processor in it, finds what the distribution finds.
func TestTheNewestCollectorRunsTheProcessor(t *testing.T) {
	binary := filepath.Join(repository(t), "dist", "otelcol-newest")
	if _, err := os.Stat(binary); err != nil {
		t.Skip("the newest Collector is not built; `make e2e` builds it, `make newest` too, and runs this")
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	release := releaseOf(t, "otelcol-builder-newest.yaml")
	for _, module := range []string{"otelcol", "service", "receiver/otlpreceiver", "exporter/debugexporter", "exporter/nopexporter"} {
		if !slices.ContainsFunc(info.Deps, func(one *debug.Module) bool {
			return one.Path == "go.opentelemetry.io/collector/"+module && one.Version == release
		}) {
			t.Errorf("%s is not of %s", module, release)
		}
	}
	p := &pipeline{backend: backend.New()}
	p.sink = openSink(t, p.backend.Receive)
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	config := setup{rules: shopRules(t), change: func(config string) string {
		config = strings.Replace(config, "  batch:\n    timeout: 50ms\n    send_batch_size: 512\n", "", 1)
		config = strings.Replace(config, "service:\n", "  debug: {}\n  nop: {}\nservice:\n", 1)
		return strings.Replace(config, "exporters: [otlp_grpc/backend]", "exporters: [otlp_grpc/backend, debug, nop]", 1)
	}}.config()
	if p.Collector, err = collector.Start(t.Context(), collector.Options{
		Binary: binary, Config: write(t, "config.yaml", config), Ports: ports, Env: []string{"BETRACE_BACKEND=" + p.sink.Address()},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(t) })
	p.grpc = dialGRPC(t, ports.GRPC)
	batches := read(t, shopTraces(t))
	send(t, p.grpc, batches)
	p.decide(t)
	if got, want := reported(p.backend.Violations()), broken(batches); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := p.backend.Spans(); n != spanCount(batches) {
		t.Errorf("%d of %d spans came out", n, spanCount(batches))
	}
}
