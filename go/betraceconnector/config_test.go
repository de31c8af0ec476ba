package betraceconnector

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/confmap"
)

func TestFaultsOfTheConfigurationAreNamedWithoutTheSecret(t *testing.T) {
	eight := make([]configopaque.String, 8)
	for i := range eight {
		eight[i] = tierKey
	}
	for _, c := range []struct {
		change func(*Config)
		fault  string
	}{
		{func(c *Config) {}, ""},
		{func(c *Config) { c.Key = tierKey; c.PreviousKeys = eight[:7] }, ""},
		{func(c *Config) { c.Key = "a short secret!" }, "key: a secret must have from 16 to 1024 bytes, and has 15"},
		{func(c *Config) { c.Key = configopaque.String(strings.Repeat("k", 1025)) }, "and has 1025"},
		{func(c *Config) { c.PreviousKeys = eight[:1] }, "previous_keys are nothing without key"},
		{func(c *Config) { c.Key = tierKey; c.PreviousKeys = eight }, "previous_keys must be at most 7, and are 8"},
		{func(c *Config) { c.Key = tierKey; c.PreviousKeys = []configopaque.String{"a short secret!"} }, "previous_keys[0]: a secret must have"},
		{func(c *Config) { c.Metrics.Interval = time.Second - 1 }, "interval must be from 1s to 1h0m0s"},
		{func(c *Config) { c.Metrics.Interval = time.Hour }, ""},
		{func(c *Config) { c.Metrics.Interval = time.Hour + 1 }, "interval must be from 1s to 1h0m0s"},
		{func(c *Config) { c.Metrics.Series = 0 }, "series value must be greater"},
		{func(c *Config) { c.Metrics.Series = 100_000 }, ""},
		{func(c *Config) { c.Metrics.Series = 100_001 }, "series value must be less"},
	} {
		config := createDefaultConfig().(*Config)
		c.change(config)
		err := confmap.Validate(config)
		if c.fault == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.fault)
		require.NotContains(t, err.Error(), "a short secret!")
	}
}
