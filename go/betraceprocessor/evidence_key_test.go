//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
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
)

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

func TestWhatEvidenceNeedsAndIsNotHereIsNamedAndRefusesNothing(t *testing.T) {
	var said strings.Builder
	warnings = &said
	defer func() { warnings = os.Stderr }()
	folder := t.TempDir()
	key, _ := newKeyFile(t)
	gone := filepath.Join(folder, "gone")
	for _, one := range []struct {
		change func(*Evidence)
		told   []string
	}{
		{func(e *Evidence) { e.Directory = folder }, nil},
		{func(e *Evidence) { e.Directory, e.KeyFile, e.PreviousKeyFile = folder, key, key }, nil},
		{func(e *Evidence) { e.Directory, e.KeyFile, e.Every = gone, gone, 0 }, nil},
		{func(e *Evidence) { e.Directory, e.Emit = gone, "spans" }, nil},
		{func(e *Evidence) { e.Directory = gone }, []string{"warning: evidence::directory: stat " + gone + ": no such file or directory; records wait in vain"}},
		{func(e *Evidence) { e.Directory = key }, []string{"warning: evidence::directory: open " + key + ": not a directory; "}},
		{func(e *Evidence) { e.Directory, e.KeyFile, e.PreviousKeyFile = folder, gone, gone }, []string{
			"warning: evidence::key_file: open " + gone + ": no such file or directory; the Collector does not start without it",
			"warning: evidence::previous_key_file: open " + gone,
		}},
	} {
		said.Reset()
		config := createDefaultConfig().(*Config)
		config.Rules.Inline = inlineRules(checked)
		config.Evidence.Every, config.Evidence.Emit = time.Minute, "file"
		one.change(&config.Evidence)
		require.NoError(t, config.Validate())
		lines := strings.Split(strings.TrimSuffix(said.String(), "\n"), "\n")
		if one.told == nil {
			require.Empty(t, said.String())
			continue
		}
		require.Len(t, lines, len(one.told), said.String())
		for i, begin := range one.told {
			require.True(t, strings.HasPrefix(lines[i], begin), lines[i])
		}
	}
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
