package betraceconnector

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/confmap"

	"github.com/betracehq/betrace/go/betrace/mark"
)

// mostPreviousKeys is how many secrets may be known beside the first, as in the processor.
const mostPreviousKeys = 7

var _ confmap.Validator = (*Config)(nil)

func validateInterval(value time.Duration) error {
	if value < time.Second || value > time.Hour {
		return fmt.Errorf("interval must be from %v to %v, and is %v", time.Second, time.Hour, value)
	}
	return nil
}

// Validate checks the secrets; the bounds of the other keys are in metadata.yaml.
func (c *Config) Validate() error {
	_, err := c.keys()
	return err
}

// keys derives the configured keys. What is wrong is said without the secret.
func (c *Config) keys() ([]mark.Key, error) {
	var keys []mark.Key
	var faults error
	add := func(name string, secret configopaque.String) {
		key, err := mark.NewKey(string(secret))
		if err != nil {
			faults = errors.Join(faults, fmt.Errorf("%s: %w; it is the violations::key of the processors", name, err))
			return
		}
		keys = append(keys, key)
	}
	if c.Key != "" {
		add("key", c.Key)
	}
	if len(c.PreviousKeys) > 0 && c.Key == "" {
		faults = errors.Join(faults, errors.New("previous_keys are nothing without key"))
	}
	if len(c.PreviousKeys) > mostPreviousKeys {
		faults = errors.Join(faults, fmt.Errorf("previous_keys must be at most %d, and are %d", mostPreviousKeys, len(c.PreviousKeys)))
	}
	for i, secret := range c.PreviousKeys {
		add(fmt.Sprintf("previous_keys[%d]", i), secret)
	}
	return keys, faults
}
