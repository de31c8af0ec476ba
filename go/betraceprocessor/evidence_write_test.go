//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	ossignal "os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

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
	told := b.logs.FilterMessage("an evidence record was not written; it is tried again").All()
	require.NotEmpty(t, told)
	require.Contains(t, told[0].ContextMap()["error"], "evidence::directory must be a directory in which the Collector may write")
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

// As other processors know violations.
func TestARecordThatTravelsIsKnownByItsMarkAndNotJudged(t *testing.T) {
	evident := func(c *Config) {
		c.Evidence.Every = time.Minute
		withKey(tierKey)(c)
	}
	sender := startBench(t, evident, never)
	batch := ptrace.NewTraces()
	scope := batch.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	scope.Scope().SetName("betrace")
	sender.sink.violations[0].CopyTo(scope.Spans().AppendEmpty())
	const anySpan = "never { any }"
	for key, want := range map[configopaque.String][]float64{tierKey: {1, 0}, otherKey: {0, 1}} {
		b := startBench(t, withKey(key), anySpan)
		own, unmarked := b.known(t, batch)
		require.Equal(t, want, []float64{own, unmarked})
	}
}

// A disk that is full takes a part of a line, which must not stay: it would be told as an edited record.
func TestADiskThatIsFullInTheMiddleOfARecordKeepsNoHalfOne(t *testing.T) {
	elsewhere, folder := t.TempDir(), t.TempDir()
	b := startBenchOn(t, hostWith(newMemoryStorage()), intoFiles(elsewhere), checked)
	b.tick(t, time.Minute)
	b.shutdown(t)
	records := recordsIn(t, elsewhere)
	files := &recordFiles{directory: folder}
	require.NoError(t, files.write(context.Background(), []byte(records[0].line)))

	var unlimited syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &unlimited))
	ossignal.Ignore(syscall.SIGXFSZ)
	defer ossignal.Reset(syscall.SIGXFSZ)
	full := syscall.Rlimit{Cur: uint64(files.end) + 100, Max: unlimited.Max}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full))
	err := files.write(context.Background(), []byte(records[1].line))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &unlimited))
	require.ErrorIs(t, err, syscall.EFBIG)
	require.Equal(t, []string{"start"}, causes(recordsIn(t, folder)))

	require.NoError(t, files.write(context.Background(), []byte(records[1].line)))
	require.Equal(t, []string{"start", "period"}, causes(recordsIn(t, folder)))
}
