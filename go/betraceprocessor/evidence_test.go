//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARecordIsClosedAtEachStartPeriodReloadAndStop(t *testing.T) {
	folder, storage := t.TempDir(), newMemoryStorage()
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(rules, []byte("rules: [{id: one, condition: '"+checked+"'}]"), 0o600))
	key, id := newKeyFile(t)
	b := startBenchOn(t, hostWith(storage), intoFiles(folder, func(c *Config) {
		c.Rules.Inline, c.Rules.Files = nil, []string{rules}
		c.Rules.ReloadInterval = 7 * time.Second
		c.Evidence.KeyFile = key
	}))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "GET", "payment.charge")))
	b.tick(t, time.Minute)
	require.NoError(t, os.WriteFile(rules, []byte("rules: [{id: two, condition: '"+checked+"'}]"), 0o600))
	b.clock.advance(t, 7*time.Second, 7*time.Second)
	b.shutdown(t)

	records := recordsIn(t, folder)
	require.Equal(t, []string{"start", "period", "reload", "stop"}, causes(records))
	requireChain(t, records)
	require.Equal(t, 2, records[1].said.Predicate.Spans["evaluated"])
	require.Equal(t, 1, records[1].said.Predicate.Violations.Total)
	require.Equal(t, "one", records[2].said.Predicate.Entries.List[0]["id"])
	require.Equal(t, "two", records[3].said.Predicate.Entries.List[0]["id"])
	require.Equal(t, "betrace", records[0].said.Predicate.Producer["processor"])
	for _, r := range records {
		require.Equal(t, []string{id}, r.signers)
		require.Equal(t, id, r.said.Predicate.Signer)
	}
}

func TestTheChainGoesOnAfterAStopAndAfterAKill(t *testing.T) {
	folder, storage := t.TempDir(), newMemoryStorage()
	for _, end := range []func(*bench){
		func(b *bench) { b.shutdown(t) },
		func(b *bench) { b.crash() },
		func(b *bench) { b.shutdown(t) },
	} {
		b := startBenchOn(t, hostWith(storage), intoFiles(folder), checked)
		b.tick(t, time.Minute)
		end(b)
	}
	records := recordsIn(t, folder)
	require.Equal(t, []string{"start", "period", "stop", "start", "period", "start", "period", "stop"}, causes(records))
	requireChain(t, records)
	require.Nil(t, records[0].said.Predicate.Before)
	require.Equal(t, "stopped", records[3].said.Predicate.Before["ended"])
	require.Equal(t, "killed", records[5].said.Predicate.Before["ended"])
	require.Equal(t, "unsigned", records[0].said.Predicate.Signer)
}

func TestEvidenceThatIsPreparedAndNeverWrittenIsToldAtTheStart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		told   int
	}{
		"a directory": {func(c *Config) { c.Evidence.Directory = t.TempDir() }, 1},
		"a key":       {func(c *Config) { c.Evidence.Key = "k" }, 1},
		"nothing":     {func(*Config) {}, 0},
	} {
		b := startBench(t, c.change, checked)
		require.Equal(t, c.told, b.logs.FilterMessage("no evidence record is written: set evidence::every").Len(), name)
		b.shutdown(t)
	}
}

func TestAChainThatCannotBeReadIsToldByTheNextOne(t *testing.T) {
	for name, stored := range map[string]string{
		"no chain at all":    `{"chain":{"sequence":"seven"}}`,
		"of a later version": `{"chain":{"instance":"0123456789abcdef0123456789abcdef","sequence":7,"hash":"of another kind"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			folder, storage := t.TempDir(), newMemoryStorage()
			storage.entries["evidence"] = []byte(stored)
			b := startBenchOn(t, hostWith(storage), intoFiles(folder), checked)
			b.shutdown(t)
			records := recordsIn(t, folder)
			requireChain(t, records)
			require.Equal(t, "chain_lost", records[0].said.Predicate.Before["ended"])
			require.Equal(t, map[string]bool{"no chain at all": true}[name], len(storage.entries["evidence.refused"]) > 0)
		})
	}
}

func TestAClockThatIsSetIsTold(t *testing.T) {
	folder := t.TempDir()
	b := startBenchOn(t, hostWith(newMemoryStorage()), intoFiles(folder), checked)
	b.clock.set.Store(int64(90 * time.Second))
	b.tick(t, time.Second)
	b.clock.set.Store(int64(30 * time.Second))
	b.tick(t, time.Second)
	// Steered, not set.
	b.clock.set.Add(int64(999 * time.Millisecond))
	b.tick(t, time.Minute)
	records := recordsIn(t, folder)
	require.Equal(t, map[string]int{"jumps": 2, "forward_ms": 90_000, "back_ms": 60_000}, records[1].said.Predicate.Clock)
}

func TestNothingOfASpanEntersARecord(t *testing.T) {
	folder := t.TempDir()
	b := startBenchOn(t, hostWith(newMemoryStorage()), intoFiles(folder), "when { any.where(user.email contains example) } never { any.where(card == 4711) }")
	traces := spansNamed(1, "GET /people/alice")
	span := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.Attributes().PutStr("user.email", "alice@example.test")
	span.Attributes().PutInt("card", 4711)
	span.Status().SetMessage("alice was here")
	require.NoError(t, b.ConsumeTraces(context.Background(), traces))
	b.requireViolations(t, "rule-0")
	b.shutdown(t)
	for _, r := range recordsIn(t, folder) {
		for _, personal := range []string{"alice", "example", "4711", "user.email", "shop", "node-1", "GET"} {
			require.NotContains(t, string(r.payload), personal)
		}
	}
}
