package betraceprocessor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"github.com/betracehq/betrace/go/betrace"
)

const day = 24 * time.Hour

var (
	_ confmap.Validator = (*Config)(nil)
	_ confmap.Validator = (*Rules)(nil)
)

func within(key string, value, least, most time.Duration) error {
	if value < least || value > most {
		return fmt.Errorf("%s must be from %v to %v, and is %v", key, least, most, value)
	}
	return nil
}

func validateIdleTimeout(value time.Duration) error {
	return within("idle_timeout", value, 10*time.Millisecond, time.Hour)
}

func validateRootTimeout(value time.Duration) error {
	return within("root_timeout", value, 0, day)
}

func validateMaxAge(value time.Duration) error {
	return within("max_age", value, 10*time.Millisecond, day)
}

func validateLateWindow(value time.Duration) error {
	return within("late_window", value, 0, day)
}

func validateForgetAfter(value time.Duration) error {
	return within("forget_after", value, 0, 7*day)
}

func validateRetryFor(value time.Duration) error {
	return within("retry_for", value, time.Second, day)
}

// Validate checks what concerns several keys; the bounds of each key are in metadata.yaml.
func (c *Config) Validate() error {
	var err error
	if c.Trace.MaxAge < c.Trace.IdleTimeout {
		err = errors.Join(err, fmt.Errorf("trace::max_age (%v) must not be shorter than trace::idle_timeout (%v)", c.Trace.MaxAge, c.Trace.IdleTimeout))
	}
	// The default is cut at a shorter max_age; who writes a longer time would wait for it in vain.
	if c.Trace.RootTimeout > c.Trace.MaxAge && c.Trace.RootTimeout != NewDefaultTrace().RootTimeout {
		err = errors.Join(err, fmt.Errorf("trace::root_timeout (%v) must not be longer than trace::max_age (%v)", c.Trace.RootTimeout, c.Trace.MaxAge))
	}
	err = errors.Join(err, c.Violations.validateKeys(), c.Membership.validate(&c.Trace))
	if err == nil {
		c.nameLongDeadlines(warnings)
	}
	return err
}

// warnings is where a validation names what is doubtful and no fault: it has no logger.
var warnings io.Writer = os.Stderr

// longDeadline is the code of a rule with a deadline that no trace is kept open for.
const longDeadline = "W0007"

// nameLongDeadlines names each rule whose deadline is longer than `max_age` less `idle_timeout`. What is wrong with the
// rules is not its concern.
func (c *Config) nameLongDeadlines(to io.Writer) {
	compiled, err := compileRules(&c.Rules, &c.Trace)
	if err != nil {
		return
	}
	defer compiled.rules.Close()
	report, err := compiled.rules.Report(betrace.ReportJSON)
	if err != nil {
		return
	}
	var found struct {
		Diagnostics []struct{ Code, File, Rule, Message string }
	}
	if json.Unmarshal([]byte(report), &found) != nil {
		return
	}
	for _, one := range found.Diagnostics {
		if one.Code == longDeadline {
			_, _ = fmt.Fprintf(to, "warning[%s]: %s: rule %s: %s\n", one.Code, one.File, one.Rule, one.Message)
		}
	}
}

// Validate compiles the rules, so that a Collector with faulty ones does not start and
// `otelcol validate` prints every fault with its place.
func (r *Rules) Validate() error {
	var err error
	if r.ReloadInterval != 0 {
		err = within("reload_interval", r.ReloadInterval, 100*time.Millisecond, day)
	}
	if r.MaxMib < 1 || r.MaxMib > 50 {
		err = errors.Join(err, fmt.Errorf("max_mib must be from 1 to 50, and is %d", r.MaxMib))
	}
	trace := NewDefaultTrace()
	compiled, faults := compileRules(r, &trace)
	if faults != nil {
		return errors.Join(err, faults)
	}
	compiled.rules.Close()
	return err
}

func (c *Config) settings() betrace.Settings {
	settings := betrace.DefaultSettings()
	settings.IdleTimeout = uint64(c.Trace.IdleTimeout)
	settings.RootTimeout = uint64(c.Trace.RootTimeout)
	settings.MaxAge = uint64(c.Trace.MaxAge)
	settings.LateWindow = uint64(c.Trace.LateWindow)
	settings.ForgetAfter = uint64(c.Trace.ForgetAfter)
	settings.MemoryBytes = uint64(c.Limits.MemoryMib) << 20
	settings.SpansPerTrace = uint32(c.Limits.SpansPerTrace)
	switch c.Trace.Completeness {
	case "linked":
		settings.Completeness = betrace.CompleteWhenLinked
	case "idle":
		settings.Completeness = betrace.CompleteWhenIdle
	default:
		settings.Completeness = betrace.CompleteWithRoot
	}
	if c.Violations.Trace == "own" {
		settings.ViolationTrace = betrace.InOwn
	}
	return settings
}
