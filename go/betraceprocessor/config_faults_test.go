//go:build cgo && linux && amd64

package betraceprocessor

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.yaml.in/yaml/v3"
)

// The command `betrace check --config` is held to the same table, so that both refuse the same.
func TestConfigurationsThatTheCommandRefusesToo(t *testing.T) {
	text, err := os.ReadFile("../../testdata/configurations/faults.yaml")
	require.NoError(t, err)
	var cases []struct {
		Says   string
		Config map[string]any
		Keys   []string
	}
	require.NoError(t, yaml.Unmarshal(text, &cases))
	require.NotEmpty(t, cases)
	for _, one := range cases {
		t.Run(one.Says, func(t *testing.T) {
			config := createDefaultConfig().(*Config)
			err := confmap.NewFromStringMap(one.Config).Unmarshal(config)
			if err == nil {
				err = confmap.Validate(config)
			}
			if len(one.Keys) == 0 {
				require.NoError(t, err)
				return
			}
			for _, key := range one.Keys {
				names := strings.Split(key, ".")
				require.ErrorContains(t, err, names[len(names)-1])
			}
		})
	}
}
