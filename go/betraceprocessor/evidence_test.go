//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// record is one as an auditor takes it apart.
type record struct {
	line    string
	payload []byte
	signers []string
	said    struct {
		Predicate struct {
			Instance   string         `json:"instance"`
			Sequence   int            `json:"sequence"`
			Previous   string         `json:"previous"`
			Cause      string         `json:"cause"`
			Signer     string         `json:"signer"`
			Before     map[string]any `json:"before"`
			Spans      map[string]int `json:"spans"`
			Producer   map[string]any `json:"producer"`
			Violations struct {
				Total int            `json:"total"`
				Lost  map[string]int `json:"lost"`
			} `json:"violations"`
			Clock   map[string]int `json:"clock"`
			Records map[string]int `json:"records"`
			Entries struct {
				List []map[string]any `json:"list"`
			} `json:"entries"`
		} `json:"predicate"`
	}
}

func recordOf(t *testing.T, line string) record {
	t.Helper()
	r := record{line: line}
	var envelope struct {
		Payload    string
		Signatures []struct{ Keyid string }
	}
	require.NoError(t, json.Unmarshal([]byte(line), &envelope), line)
	var err error
	r.payload, err = base64.StdEncoding.DecodeString(envelope.Payload)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(r.payload, &r.said))
	for _, one := range envelope.Signatures {
		r.signers = append(r.signers, one.Keyid)
	}
	return r
}

// recordsIn reads all files of a folder, which hold whole lines alone.
func recordsIn(t *testing.T, folder string) []record {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, recordFilePrefix+"*.jsonl"))
	require.NoError(t, err)
	var records []record
	for _, path := range paths {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(string(content), "\n"))
		for _, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
			records = append(records, recordOf(t, line))
		}
	}
	return records
}

func causes(records []record) []string {
	var causes []string
	for _, r := range records {
		causes = append(causes, r.said.Predicate.Cause)
	}
	return causes
}

// requireChain holds that each record follows from the one before.
func requireChain(t *testing.T, records []record) {
	t.Helper()
	for i, r := range records {
		require.Equal(t, i+1, r.said.Predicate.Sequence)
		require.Equal(t, records[0].said.Predicate.Instance, r.said.Predicate.Instance)
		if i > 0 {
			hash := sha256.Sum256(records[i-1].payload)
			require.Equal(t, hex.EncodeToString(hash[:]), r.said.Predicate.Previous)
		}
	}
}

func newKeyFile(t *testing.T) (path, id string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	half, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	hash := sha256.Sum256(half)
	return path, hex.EncodeToString(hash[:])
}

func intoFiles(folder string, more ...func(*Config)) func(*Config) {
	return func(c *Config) {
		c.Evidence.Every = time.Minute
		c.Evidence.Emit = "file"
		c.Evidence.Directory = folder
		withStorage(c)
		for _, change := range more {
			change(c)
		}
	}
}

// crash is what kill -9 leaves: nothing is flushed, stored or closed.
func (b *bench) crash() {
	b.stopped = true
	r := b.running.Swap(nil)
	close(r.stop)
	r.workers.Wait()
	r.metrics.shutdown()
}

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

func TestARecordThatACrashCutShortIsWrittenWholeAndOnce(t *testing.T) {
	folder, storage := t.TempDir(), newMemoryStorage()
	b := startBenchOn(t, hostWith(storage), intoFiles(folder), checked)
	b.tick(t, time.Minute)
	b.crash()
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Len(t, paths, 1)
	content, err := os.ReadFile(paths[0])
	require.NoError(t, err)
	whole := recordsIn(t, folder)
	for name, left := range map[string]string{
		"half of the last line": string(content[:len(content)-100]),
		"all but its end":       string(content[:len(content)-1]),
		"all of it":             string(content),
		"nothing of it":         whole[0].line + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(paths[0], []byte(left), 0o600))
			// Stored, and not known to be written.
			state := evidenceState{Waiting: []json.RawMessage{json.RawMessage(whole[1].line)}}
			require.NoError(t, json.Unmarshal(storage.entries["evidence"], &struct{ Chain *json.RawMessage }{&state.Chain}))
			stored, err := json.Marshal(state)
			require.NoError(t, err)
			again := newMemoryStorage()
			again.entries["evidence"] = stored
			b := startBenchOn(t, hostWith(again), intoFiles(folder), checked)
			b.shutdown(t)
			records := recordsIn(t, folder)
			require.Equal(t, []string{"start", "period", "start", "stop"}, causes(records))
			requireChain(t, records)
		})
	}
}

func TestAStorageThatWasThrownBackDoesNotGiveANumberAgain(t *testing.T) {
	folder, storage := t.TempDir(), newMemoryStorage()
	b := startBenchOn(t, hostWith(storage), intoFiles(folder), checked)
	before := storage.entries["evidence"]
	b.tick(t, time.Minute)
	b.crash()
	storage.entries["evidence"] = before
	b = startBenchOn(t, hostWith(storage), intoFiles(folder), checked)
	b.shutdown(t)
	records := recordsIn(t, folder)
	require.Equal(t, []string{"start", "period", "start", "stop"}, causes(records))
	requireChain(t, records)
	require.Equal(t, "killed", records[2].said.Predicate.Before["ended"])
}

func TestADiskThatFailsStopsNoSpanAndStandsInTheNextRecord(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "records")
	require.NoError(t, os.Mkdir(folder, 0o700))
	b := startBenchOn(t, hostWith(newMemoryStorage()), intoFiles(folder), checked)
	require.NoError(t, os.Rename(folder, folder+".gone"))
	b.tick(t, time.Minute)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "GET")))
	require.Len(t, b.sink.batches, 1)
	b.tick(t, recordRetry)
	require.Equal(t, 1, b.running.Load().evidence.waitingRecords())
	require.NoError(t, os.Rename(folder+".gone", folder))
	b.tick(t, recordRetry)
	require.Zero(t, b.running.Load().evidence.waitingRecords())
	b.tick(t, time.Minute)
	records := recordsIn(t, folder)
	requireChain(t, records)
	require.Equal(t, []string{"start", "period", "period"}, causes(records))
	require.Equal(t, 2, records[2].said.Predicate.Records["failed"])
}

func TestAStorageThatFailsHoldsRecordsBackSoThatNoNumberIsGivenTwice(t *testing.T) {
	folder, storage := t.TempDir(), newMemoryStorage()
	b := startBenchOn(t, hostWith(storage), intoFiles(folder), checked)
	storage.broken = errors.New("the disk is full")
	b.tick(t, time.Minute)
	b.crash()
	storage.broken = nil
	b = startBenchOn(t, hostWith(storage), intoFiles(folder), checked)
	b.shutdown(t)
	records := recordsIn(t, folder)
	require.Equal(t, []string{"start", "start", "stop"}, causes(records))
	requireChain(t, records)
}

func TestRecordsThatWaitAreBoundedAndThoseGivenUpAreCounted(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "records")
	b := startBenchOn(t, hostWith(newMemoryStorage()), intoFiles(folder), checked)
	for range mostWaiting {
		b.tick(t, time.Minute)
	}
	require.Equal(t, mostWaiting, b.running.Load().evidence.waitingRecords())
	require.NoError(t, os.Mkdir(folder, 0o700))
	b.tick(t, recordRetry)
	b.tick(t, time.Minute)
	records := recordsIn(t, folder)
	require.Equal(t, 2, records[0].said.Predicate.Sequence)
	require.Equal(t, 1, records[len(records)-1].said.Predicate.Records["dropped"])
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

func TestAKeyHandsOverToTheNext(t *testing.T) {
	folder, storage := t.TempDir(), newMemoryStorage()
	first, firstID := newKeyFile(t)
	second, secondID := newKeyFile(t)
	b := startBenchOn(t, hostWith(storage), intoFiles(folder, func(c *Config) { c.Evidence.KeyFile = first }), checked)
	b.shutdown(t)
	secret, err := os.ReadFile(second)
	require.NoError(t, err)
	b = startBenchOn(t, hostWith(storage), intoFiles(folder, func(c *Config) {
		c.Evidence.Key, c.Evidence.PreviousKeyFile = configopaque.String(secret), first
	}), checked)
	b.shutdown(t)
	records := recordsIn(t, folder)
	requireChain(t, records)
	require.Equal(t, []string{secondID, firstID}, records[2].signers)
	require.Equal(t, []string{secondID}, records[3].signers)
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

func TestRecordsTravelAsSpansWhereTheyAreToldTo(t *testing.T) {
	b := startBenchOn(t, componenttest.NewNopHost(), func(c *Config) { c.Evidence.Every = time.Minute }, checked)
	b.tick(t, time.Minute)
	b.sink.refuse = func(ptrace.Traces) error { return errors.New("not now") }
	b.tick(t, time.Minute)
	require.Equal(t, 1, b.running.Load().evidence.waitingRecords())
	b.sink.refuse = nil
	b.shutdown(t)
	var records []record
	for _, span := range b.sink.violations {
		require.Equal(t, "betrace.evidence", span.Name())
		envelope, ok := span.Attributes().Get("betrace.evidence.envelope")
		require.True(t, ok)
		r := recordOf(t, envelope.Str())
		hash := sha256.Sum256(r.payload)
		require.Equal(t, hex.EncodeToString(hash[:16]), span.TraceID().String())
		records = append(records, r)
	}
	require.Equal(t, []string{"start", "period", "period", "stop"}, causes(records))
	requireChain(t, records)
}

func TestEvidenceThatCannotBeIsRefusedWithoutAKeyInTheText(t *testing.T) {
	config := createDefaultConfig().(*Config)
	require.NoError(t, config.Evidence.validate(), "off")
	for want, change := range map[string]func(*Evidence){
		"every":         func(e *Evidence) { e.Every = 999 * time.Millisecond },
		"directory":     func(e *Evidence) { e.Emit = "file" },
		"two keys":      func(e *Evidence) { e.KeyFile, e.Key = "key.pem", "secret" },
		"without a key": func(e *Evidence) { e.PreviousKeyFile = "key.pem" },
		"samples":       func(e *Evidence) { e.Samples = 1001 },
	} {
		evidence := NewDefaultEvidence()
		evidence.Every = time.Minute
		change(&evidence)
		require.ErrorContains(t, errors.Join(evidence.Validate(), evidence.validate()), want)
	}
	config.Rules.Inline = inlineRules(checked)
	config.Evidence.Every = time.Minute
	config.Evidence.Key = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"
	b := startBench(t, nil, checked)
	p := newProcessor(b.set, config, b.sink, b.clock, newShared(verdictSeries))
	err := p.Start(context.Background(), componenttest.NewNopHost())
	require.ErrorContains(t, err, "PKCS #8")
	require.NotContains(t, fmt.Sprint(err, config.Evidence), "secret")
	_, _ = b, component.Config(config)
}
