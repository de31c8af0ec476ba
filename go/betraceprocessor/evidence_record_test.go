//go:build cgo && linux && amd64

package betraceprocessor

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
