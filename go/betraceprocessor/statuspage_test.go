//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/betracehq/betrace/go/betraceprocessor/internal/metadatatest"
	"github.com/betracehq/betrace/go/betraceprocessor/internal/status"
)

const shownRules = `rules:
  - { id: paid, name: Paid orders, severity: high, condition: "never { pay.where(amount > 50) }", message: "{offender.amount} paid" }
  - { id: audited, condition: "when { pay } always { audit }" }
  - { id: nowhere, condition: "never { refund }" }
  - { id: off, enabled: false, condition: "never { pay }" }
`

func freeEndpoint(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func startShown(t *testing.T) (b *reloadBench, look func() status.Processor) {
	t.Helper()
	b = &reloadBench{path: filepath.Join(t.TempDir(), "rules.yaml")}
	replaceFile(t, b.path, shownRules)
	endpoint := freeEndpoint(t)
	b.bench = startBench(t, func(c *Config) {
		c.Rules.Inline, c.Rules.Files, c.Status.Endpoint = nil, []string{b.path}, endpoint
		require.NoError(t, c.Validate())
	})
	return b, func() status.Processor {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+endpoint+"/status.json", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		var page status.Page
		require.NoError(t, json.NewDecoder(response.Body).Decode(&page))
		require.Len(t, page.Processors, 1)
		return page.Processors[0]
	}
}

// The page answers why a rule did not fire: that no span met it, what it awaits, or that other rules are in use than the
// files hold.
func TestTheStatusPageSaysWhyARuleDidNotFire(t *testing.T) {
	b, look := startShown(t)
	for trace := range 7 {
		require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(trace, "order", "pay")))
	}
	b.requireViolations(t, "paid", "paid", "paid", "paid", "paid", "paid", "paid")
	shown := look()
	require.EqualValues(t, 7, shown.Traces.Live)
	require.EqualValues(t, 14, shown.Spans["evaluated"])
	require.Len(t, shown.Rules, 3, "the disabled one is not in use")

	paid, audited, nowhere := shown.Rules[0], shown.Rules[1], shown.Rules[2]
	require.Equal(t, "paid Paid orders high", paid.ID+" "+paid.Name+" "+paid.Severity)
	require.Equal(t, b.path, paid.File)
	require.Equal(t, 2, paid.Line)
	hash, _ := b.sink.violations[0].Attributes().Get("betrace.rule.hash")
	require.Equal(t, hash.Str(), paid.Hash)
	require.EqualValues(t, 7, paid.SpansMatched)
	require.EqualValues(t, 7, paid.Violations)
	require.Len(t, paid.Last, lastOfRule)
	require.Equal(t, traceID(6).String(), paid.Last[0].Trace)
	require.Equal(t, "100 paid", paid.Last[0].Message)
	require.EqualValues(t, epoch, paid.Last[0].Found.UnixNano())
	require.False(t, audited.NeverMet)
	require.EqualValues(t, 0, audited.Verdicts["violated"], "it waits for the close")
	require.True(t, nowhere.NeverMet)

	b.tick(t, 11*time.Second)
	shown = look()
	require.EqualValues(t, 7, shown.Rules[1].Verdicts["violated"])
	require.EqualValues(t, 7, shown.Rules[2].Verdicts["satisfied"])
	require.Zero(t, shown.Traces.Live)
	require.EqualValues(t, len(shownRules), shown.Files.Sources[0].Bytes)
}

func TestTheStatusPageShowsAReloadAndOneThatIsRefused(t *testing.T) {
	b, look := startShown(t)
	before := look()
	b.write(t, "rules: [ { id: paid, condition: 'never {' } ]")
	refused := look()
	require.Contains(t, refused.Files.Refused, "fault")
	require.Equal(t, before.Files.Sources, refused.Files.Sources, "these are still in use")
	require.False(t, refused.Files.StaleSince.IsZero())
	b.write(t, "rules: [ { id: other, condition: 'never { pay }' } ]")
	mended := look()
	require.Empty(t, mended.Files.Refused)
	require.True(t, mended.Files.StaleSince.IsZero())
	require.True(t, mended.Files.Loaded.After(before.Files.Loaded))
	require.NotEqual(t, before.Files.Sources[0].SHA256, mended.Files.Sources[0].SHA256)
	require.Len(t, mended.Rules, 1)
	require.Equal(t, "other", mended.Rules[0].ID)
}

func TestTheStatusPageIsOffUnlessItIsAskedForAndOnLoopback(t *testing.T) {
	b := startBench(t, nil, "never { pay }")
	require.Nil(t, b.running.Load().board)
	config := createDefaultConfig().(*Config)
	config.Rules.Inline, config.Status.Endpoint = inlineRules("never { pay }"), "0.0.0.0:4316"
	require.ErrorIs(t, config.Status.Validate(), status.ErrNotLoopback)
}

// A port that is taken is said at the start, and nothing is left running.
func TestAStatusPageWithoutItsPortFailsTheStart(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	config := createDefaultConfig().(*Config)
	config.Rules.Inline, config.Status.Endpoint = inlineRules("never { pay }"), listener.Addr().String()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	p := newProcessor(metadatatest.NewSettings(telemetry), config, &sink{}, newManualClock(), newShared(verdictSeries))
	require.ErrorContains(t, p.Start(context.Background(), componenttest.NewNopHost()), "address already in use")
	require.Nil(t, p.running.Load())
	require.NoError(t, p.Shutdown(context.Background()))
}
