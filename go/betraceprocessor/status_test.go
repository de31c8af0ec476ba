//go:build cgo && linux && amd64

package betraceprocessor

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/betracehq/betrace/go/betrace"
)

// statusHost keeps what components report about themselves.
type statusHost struct {
	component.Host
	mu     sync.Mutex
	events []componentstatus.Status
}

func (h *statusHost) Report(event *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event.Status())
}

func newStatusHost() *statusHost { return &statusHost{Host: componenttest.NewNopHost()} }

// An engine that failed inside is said once, permanently, and spans go on.
func TestAPoisonedEngineIsReportedOnce(t *testing.T) {
	host := newStatusHost()
	b := startBenchOn(t, host, nil, never)
	r := b.running.Load()
	for range 3 {
		b.check(r, &betrace.Error{Code: betrace.CodePoisoned})
		b.check(r, betrace.ErrClosed)
		b.check(r, nil)
	}
	require.Equal(t, []componentstatus.Status{componentstatus.StatusPermanentError}, host.events)
	require.Len(t, b.logs.FilterMessageSnippet("spans pass unchecked").All(), 1)
	for range 3 {
		b.check(r, errors.New("malformed"))
	}
	require.Len(t, b.logs.FilterMessageSnippet("could not be evaluated").All(), 1)
}

func TestAReloadReportsItsStatus(t *testing.T) {
	path := t.TempDir() + "/rules.yaml"
	write := func(text string) { replaceFile(t, path, text) }
	write(ruleA)
	host := newStatusHost()
	b := startBenchOn(t, host, func(c *Config) { c.Rules.Inline, c.Rules.Files = nil, []string{path} })
	write("rules: [")
	b.clock.advance(t, reloadInterval, reloadInterval)
	write(ruleA)
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}, host.events)
}
