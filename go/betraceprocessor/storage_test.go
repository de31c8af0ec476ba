//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/processor/processortest"
)

// memoryStorage is a storage extension that keeps one client's entries for as long as the test lasts.
type memoryStorage struct {
	component.StartFunc
	component.ShutdownFunc
	storage.Client
	entries map[string][]byte
	broken  error
}

func newMemoryStorage() *memoryStorage { return &memoryStorage{entries: map[string][]byte{}} }

func (m *memoryStorage) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return m, nil
}

func (m *memoryStorage) Get(_ context.Context, key string) ([]byte, error) {
	return m.entries[key], nil
}

func (m *memoryStorage) Set(_ context.Context, key string, value []byte) error {
	if m.broken == nil {
		m.entries[key] = value
	}
	return m.broken
}

func (m *memoryStorage) Delete(_ context.Context, key string) error {
	delete(m.entries, key)
	return nil
}

func (*memoryStorage) Close(context.Context) error { return nil }

type storageHost struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h *storageHost) GetExtensions() map[component.ID]component.Component { return h.extensions }

var storageID = component.MustNewIDWithName("file_storage", "betrace")

func hostWith(extension component.Component) component.Host {
	return &storageHost{Host: componenttest.NewNopHost(), extensions: map[component.ID]component.Component{storageID: extension}}
}

func withStorage(c *Config) { c.Storage = &storageID }

const checked = "when { payment.charge } always { payment.fraud_check }"

func TestStateSurvivesARestart(t *testing.T) {
	memory := newMemoryStorage()
	before := startBenchOn(t, hostWith(memory), withStorage, checked, never)
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(1, "checkout", "payment.charge")))
	require.NoError(t, before.ConsumeTraces(context.Background(), spansNamed(2, "checkout", "payment.charge")))
	before.shutdown(t)
	before.requireViolations(t)
	require.Len(t, memory.entries, 1)

	after := startBenchOn(t, hostWith(memory), withStorage, checked, never)
	require.Empty(t, memory.entries, "a state is believed once")
	require.NoError(t, after.ConsumeTraces(context.Background(), spansNamed(2, "checkout", "payment.charge", "payment.fraud_check")))
	after.tick(t, time.Minute)
	after.requireViolations(t, "rule-0")
	require.Equal(t, traceID(1), after.sink.violations[0].TraceID())
	require.EqualValues(t, 1, after.sum(t, prefix+"verdicts", label("rule", "rule-0"), label("verdict", "satisfied")))
}

func TestADamagedStateIsSetAside(t *testing.T) {
	memory := newMemoryStorage()
	memory.entries[snapshotKey] = []byte("BTSS and nothing that makes sense behind it")
	b := startBenchOn(t, hostWith(memory), withStorage, never)
	require.Len(t, b.logs.FilterMessageSnippet("set aside").All(), 1)
	require.Empty(t, memory.entries)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.bypass_validation")))
	b.requireViolations(t, "rule-0")
}

func TestAStorageThatFailsIsSaidAndTracesEnd(t *testing.T) {
	memory := newMemoryStorage()
	b := startBenchOn(t, hostWith(memory), withStorage, checked, never)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "payment.charge", "payment.bypass_validation")))
	memory.broken = errors.New("no space left")
	b.stopped = true
	require.ErrorContains(t, b.Shutdown(context.Background()), "no space left")
	b.requireViolations(t, "rule-1")
}

func TestAStorageThatIsNotThereForbidsTheStart(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.Rules.Inline = inlineRules(never)
	config.Storage = &storageID
	start := func(host component.Host) error {
		made, err := newProcessor(processortest.NewNopSettings(NewFactory().Type()), config, &sink{}, newManualClock())
		require.NoError(t, err)
		return made.Start(context.Background(), host)
	}
	require.ErrorContains(t, start(componenttest.NewNopHost()), `no extension "file_storage/betrace"`)
	require.ErrorContains(t, start(hostWith(struct {
		component.StartFunc
		component.ShutdownFunc
	}{})), "does not store")
}
