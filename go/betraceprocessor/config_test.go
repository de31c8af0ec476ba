//go:build cgo && linux && amd64

package betraceprocessor

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/betracehq/betrace/go/betrace"
)

func loadConfig(t *testing.T, name string) (*Config, error) {
	t.Helper()
	all, err := confmaptest.LoadConf("testdata/config.yaml")
	require.NoError(t, err)
	sub, err := all.Sub(name)
	require.NoError(t, err)
	config := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(config))
	return config, confmap.Validate(config)
}

func TestDefaults(t *testing.T) {
	config, err := loadConfig(t, "betrace")
	require.NoError(t, err)
	want := betrace.DefaultSettings()
	want.Withheld, want.ValueBytes = sensitive, 256
	require.Equal(t, want, config.settings())
	require.Equal(t, 10*time.Second, config.Rules.ReloadInterval)
	require.Equal(t, "spans", config.Violations.Emit)
	require.Equal(t, 1000, config.Violations.MaxPerSecond)
	require.Equal(t, 100, config.Limits.RuleLabels)
}

func TestEveryKeyIsRead(t *testing.T) {
	config, err := loadConfig(t, "betrace/all")
	require.NoError(t, err)
	require.Equal(t, betrace.Settings{
		IdleTimeout: uint64(20 * time.Second), RootTimeout: uint64(90 * time.Second), MaxAge: uint64(10 * time.Minute),
		LateWindow: uint64(2 * time.Minute), ForgetAfter: uint64(2 * time.Hour),
		MemoryBytes: 512 << 20, SpansPerTrace: 5000,
		Completeness: betrace.CompleteWhenLinked, ViolationTrace: betrace.InOwn, RestartGrace: true,
		Withheld: []string{"customer.*"}, ValueBytes: 64,
	}, config.settings())
	require.Zero(t, config.Rules.ReloadInterval)
	require.True(t, config.Rules.AllowEmpty)
	require.Equal(t, 50, config.Rules.MaxMib)
	require.Equal(t, time.Hour, config.Violations.RetryFor)
	require.Equal(t, 50, config.Limits.RuleLabels)
	require.Equal(t, "none", config.Violations.Emit)
	require.Equal(t, 10, config.Violations.MaxPerSecond)
	require.Equal(t, "file_storage/betrace", config.Storage.String())
	require.Equal(t, 5*time.Minute, config.StorageInterval)
}

func TestNoRulesIsAnError(t *testing.T) {
	_, err := loadConfig(t, "betrace/none")
	require.ErrorContains(t, err, "rules: no rules: name rule files in `files` or write rules in `inline`")
	_, err = loadConfig(t, "betrace/disabled")
	require.ErrorContains(t, err, "not one of them is enabled")
	_, err = loadConfig(t, "betrace/none-allowed")
	require.NoError(t, err)
}

// Every fault of every rule, each with its place, as `otelcol validate` prints them.
func TestFaultyRulesAreNamedWithTheirPlaces(t *testing.T) {
	_, err := loadConfig(t, "betrace/faulty")
	require.ErrorContains(t, err, "2 faults in the rules")
	require.ErrorContains(t, err, "testdata/faulty/two.yaml:3:")
	require.ErrorContains(t, err, "testdata/faulty/two.yaml:6:")
}

func TestMissingFilesAreAllNamed(t *testing.T) {
	_, err := loadConfig(t, "betrace/missing")
	require.ErrorContains(t, err, `"testdata/nowhere": no such file`)
	require.ErrorContains(t, err, `"testdata/rules/*.json": no such file`)
}

func TestBounds(t *testing.T) {
	_, err := loadConfig(t, "betrace/bounds")
	for _, key := range []string{"reload_interval", "idle_timeout", "root_timeout", "max_age", "late_window", "forget_after", "completeness", "memory_mib", "emit", "retry_for", "max_mib", "storage_interval"} {
		require.ErrorContains(t, err, key)
	}
	_, err = loadConfig(t, "betrace/order")
	require.ErrorContains(t, err, "trace::max_age (1m0s) must not be shorter than trace::idle_timeout (2m0s)")
	require.ErrorContains(t, err, "trace::root_timeout (1m1s) must not be longer than trace::max_age (1m0s)")
}

func TestDurationBoundsAtTheirEdges(t *testing.T) {
	for _, edge := range []struct {
		check       func(time.Duration) error
		least, most time.Duration
	}{
		{validateIdleTimeout, 10 * time.Millisecond, time.Hour},
		{validateRootTimeout, 0, day},
		{validateMaxAge, 10 * time.Millisecond, day},
		{validateLateWindow, 0, day},
		{validateForgetAfter, 0, 7 * day},
		{validateRetryFor, time.Second, day},
		{validateStorageInterval, time.Second, time.Hour},
	} {
		require.NoError(t, edge.check(edge.least))
		require.NoError(t, edge.check(edge.most))
		require.Error(t, edge.check(edge.least-1))
		require.Error(t, edge.check(edge.most+1))
	}
	require.NoError(t, validateStorageInterval(0), "at the shutdown alone")
}

// The configurations that the README shows are valid.
func TestReadmeExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, examples)
	for _, example := range examples {
		text := strings.ReplaceAll(example[1], "/etc/betrace/rules", "testdata/rules")
		path := t.TempDir() + "/config.yaml"
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		all, err := confmaptest.LoadConf(path)
		require.NoError(t, err)
		sub, err := all.Sub("processors::betrace")
		require.NoError(t, err)
		config := createDefaultConfig().(*Config)
		require.NoError(t, sub.Unmarshal(config))
		require.NoError(t, confmap.Validate(config))
	}
}

func TestADeadlineLongerThanATraceIsKeptOpenIsNamed(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = inlineRules("when { a } always { a then b within 2m }")
	config.Trace.MaxAge = 130 * time.Second
	var said strings.Builder
	warnings = &said
	defer func() { warnings = os.Stderr }()
	require.NoError(t, confmap.Validate(config))
	require.Empty(t, said.String())
	config.Trace.MaxAge = 129 * time.Second
	require.NoError(t, confmap.Validate(config))
	require.Contains(t, said.String(), "rule rule-0: `within 2m` is longer than a trace is kept open, 119s")
	b := startBench(t, func(c *Config) { c.Trace.MaxAge = 129 * time.Second }, "when { a } always { a then b within 2m }")
	require.NotEmpty(t, b.logs.FilterMessageSnippet("W0007").All())
}

// Rules have a bound of their own: expressions of a few letters can hold more than all traces may.
func TestRulesThatHoldTooMuchAreRefused(t *testing.T) {
	var conditions []string
	for length := 5; length < 15; length++ {
		conditions = append(conditions, fmt.Sprintf(`never { a.where(path matches "\\w{%d}") }`, length))
	}
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = inlineRules(conditions...)
	require.NoError(t, config.Rules.Validate())
	require.NoError(t, config.Validate())
	config.Limits.RulesMib = 1
	require.NoError(t, config.Rules.Validate(), "the bound is not one of the rules alone")
	err := config.Validate()
	require.ErrorContains(t, err, "limits::rules_mib (1)")
	require.ErrorContains(t, err, "error[E0029]")
	require.ErrorContains(t, err, "1.0 MiB are allowed")

	b := startBench(t, nil, conditions...)
	held := b.sum(t, prefix+"rules_bytes")
	require.Greater(t, held, float64(1<<20))
	small := startBench(t, nil, never)
	require.Less(t, small.sum(t, prefix+"rules_bytes"), float64(1<<14))
}
