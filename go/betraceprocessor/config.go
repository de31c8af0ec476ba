package betraceprocessor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"github.com/betracehq/betrace/go/betrace"
	"github.com/betracehq/betrace/go/betraceprocessor/internal/status"
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

func validateEndpoint(value string) error {
	if value == "" {
		return nil
	}
	if err := status.Check(value); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	return nil
}

func validateEvery(value time.Duration) error {
	if value == 0 {
		return nil
	}
	return within("every", value, time.Second, day)
}

func validateStorageInterval(value time.Duration) error {
	if value == 0 {
		return nil
	}
	return within("storage_interval", value, time.Second, time.Hour)
}

func validateRetryFor(value time.Duration) error {
	return within("retry_for", value, time.Second, day)
}

// Unmarshal refuses times without a unit, which would be taken for nanoseconds: `late_window: 60` would be none at all.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	return errors.Join(unitless(conf, reflect.TypeFor[Config](), ""), conf.Unmarshal(c))
}

// unitless names each time of a section that is written as a number. 0 is one in every unit.
func unitless(conf *confmap.Conf, section reflect.Type, prefix string) (errs error) {
	for field := range section.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("mapstructure"), ",")
		key := prefix + name
		switch {
		case name == "":
		case field.Type == reflect.TypeFor[time.Duration]():
			value := reflect.ValueOf(conf.Get(key))
			if (value.CanInt() || value.CanUint() || value.CanFloat()) && !value.IsZero() {
				errs = errors.Join(errs, fmt.Errorf("%s: %v has no unit, and would be taken for nanoseconds: write %[2]vs, if seconds are meant", key, value))
			}
		case field.Type.Kind() == reflect.Struct:
			errs = errors.Join(errs, unitless(conf, field.Type, key+confmap.KeyDelimiter))
		}
	}
	return errs
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
	err = errors.Join(err, validateStorageInterval(c.StorageInterval), c.Violations.validateKeys(), c.Membership.validate(&c.Trace), c.Evidence.validate(), c.Privacy.validate())
	c.Evidence.tellMissing(warnings)
	if err == nil {
		err = c.judgeRules(warnings)
	}
	return err
}

// warnings is where a validation names what is doubtful and no fault: it has no logger.
var warnings io.Writer = os.Stderr

// longDeadline is the code of a rule with a deadline that no trace is kept open for.
const longDeadline = "W0007"

// rulesTooLarge is the code of a rule with which a set holds more than `limits::rules_mib`.
const rulesTooLarge = "E0029"

// judgeRules names each rule whose deadline is longer than `max_age` less `idle_timeout`, and refuses rules that hold more
// than `limits::rules_mib`. What else is wrong with the rules is said where they are validated by themselves.
func (c *Config) judgeRules(to io.Writer) error {
	compiled, err := compileRules(&c.Rules, &c.Trace, &c.Limits)
	var faulty *faultyRules
	if errors.As(err, &faulty) && strings.Contains(faulty.report, rulesTooLarge) {
		return fmt.Errorf("limits::rules_mib (%d): %w", c.Limits.RulesMib, err)
	}
	if err != nil {
		return nil
	}
	defer compiled.rules.Close()
	report, err := compiled.rules.Report(betrace.ReportJSON)
	if err != nil {
		return nil
	}
	var found struct {
		Diagnostics []struct{ Code, File, Rule, Message string }
	}
	if json.Unmarshal([]byte(report), &found) != nil {
		return nil
	}
	for _, one := range found.Diagnostics {
		if one.Code == longDeadline {
			_, _ = fmt.Fprintf(to, "warning[%s]: %s: rule %s: %s\n", one.Code, one.File, one.Rule, one.Message)
		}
	}
	return nil
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
	// How long traces are open, and what rules may hold, is judged with the whole configuration.
	trace, limits := NewDefaultTrace(), NewDefaultLimits()
	limits.RulesMib = 4096
	compiled, faults := compileRules(r, &trace, &limits)
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
	if c.Evidence.Every > 0 {
		settings.Evidence, settings.EvidenceSamples = true, uint16(c.Evidence.Samples)
	}
	settings.Withheld, settings.ValueBytes = c.Privacy.withheld(), uint16(c.Privacy.ValueBytes)
	if c.Violations.Trace == "own" {
		settings.ViolationTrace = betrace.InOwn
	}
	return settings
}
