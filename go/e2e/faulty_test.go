package e2e

import (
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/betracehq/betrace/go/e2e/collector"
)

const faultyRules = `rules:
  - id: sound
    condition: never { broken }
  - id: unknown-operator
    condition: |
      when { payment.charge_card.where(amount >> 1000) }
      always { payment.fraud_check }
  - id: nameless
    conditon: never { broken }
`

// All places of all faults reach whoever starts or validates a Collector with faulty rules.
func TestFaultyRulesStopTheCollector(t *testing.T) {
	t.Parallel()
	rules := write(t, "faulty.yaml", faultyRules)
	places := []*regexp.Regexp{regexp.MustCompile(`faulty\.yaml:6:\d+`), regexp.MustCompile(`faulty\.yaml:(8|9):\d+`)}
	sound := regexp.MustCompile(`faulty\.yaml:3:`)
	check := func(t *testing.T, printed string) {
		t.Helper()
		for _, place := range places {
			if !place.MatchString(printed) {
				t.Errorf("no place %s in:\n%s", place, printed)
			}
		}
		if sound.MatchString(printed) {
			t.Errorf("the sound rule is blamed:\n%s", printed)
		}
	}

	t.Run("start", func(t *testing.T) {
		running, err := setup{rules: rules}.start(t, "127.0.0.1:1")
		if err == nil {
			t.Fatal("it started", running.Kill())
		}
		failure, ok := errors.AsType[*collector.StartError](err)
		if !ok {
			t.Fatal(err)
		}
		check(t, failure.Output)
	})
	t.Run("validate", func(t *testing.T) {
		printed, err := validate(t, setup{rules: rules}.config())
		if err == nil {
			t.Error("validate found nothing")
		}
		check(t, printed)
	})
	t.Run("inline", func(t *testing.T) {
		config := strings.Replace(setup{rules: rules}.config(), `files: ["`+rules+`"]`, `inline: [ { id: broken, condition: "never { a.where(b >> 1) }" } ]`, 1)
		printed, err := validate(t, config)
		if err == nil || !strings.Contains(printed, "E0") {
			t.Errorf("%v, printed:\n%s", err, printed)
		}
	})
	t.Run("missing", func(t *testing.T) {
		printed, err := validate(t, setup{rules: filepath.Join(t.TempDir(), "nowhere.yaml")}.config())
		if err == nil || !strings.Contains(printed, "nowhere.yaml") {
			t.Errorf("%v, printed:\n%s", err, printed)
		}
	})
	t.Run("sound", func(t *testing.T) {
		if printed, err := validate(t, setup{rules: shopRules(t)}.config()); err != nil {
			t.Errorf("%v, printed:\n%s", err, printed)
		}
	})
}

func validate(t *testing.T, config string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), collectorBinary(t), "validate", "--config", write(t, "config.yaml", config))
	command.Env = append(command.Environ(), collector.Ports{GRPC: "127.0.0.1:4317", HTTP: "127.0.0.1:4318", Health: "127.0.0.1:13133", Metrics: "127.0.0.1:8888"}.Env()...)
	command.Env = append(command.Env, "BETRACE_BACKEND=127.0.0.1:14317")
	printed, err := command.CombinedOutput()
	return string(printed), err
}
