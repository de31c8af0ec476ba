//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	usingRules  = "use: [./shared.yaml]\nrules:\n  - { id: a, condition: big and not check }\n"
	sharedRules = "use: [lists/cards.yaml]\nmacros: { big: payment.where(card in cards) }\n"
	cardsOfAll  = "lists: { cards: [visa] }\n"
)

func writeFile(t *testing.T, path, text string) {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestUsedFilesAreReadFromTheDirectoriesOfTheRules(t *testing.T) {
	directory := t.TempDir()
	in := func(name string) string { return filepath.Join(directory, name) }
	writeFile(t, in("rules/pay.yaml"), usingRules)
	writeFile(t, in("rules/shared.yaml"), sharedRules)
	writeFile(t, in("rules/lists/cards.yaml"), cardsOfAll)
	writeFile(t, in("rules/pay/far.yaml"), "use: [../shared.yaml]\nrules:\n  - { id: b, condition: big and not audit }\n")
	for _, files := range [][]string{{in("rules/pay.yaml")}, {in("rules/p*.yaml")}, {in("rules")}, {in("rules/pay/far.yaml"), in("rules/pay.yaml")}} {
		compiled, err := compileRules(rulesIn(files...), &NewFactory().CreateDefaultConfig().(*Config).Trace, &NewFactory().CreateDefaultConfig().(*Config).Limits)
		require.NoError(t, err, files)
		require.Empty(t, compiled.report)
		compiled.rules.Close()
	}
	sources, err := readSources(rulesIn(in("rules/pay.yaml")))
	require.NoError(t, err)
	require.Equal(t, []string{in("rules/pay.yaml"), in("rules/shared.yaml"), in("rules/lists/cards.yaml")}, namesOf(sources))
	sources, err = readSources(rulesIn(in("rules/pay")))
	require.NoError(t, err)
	require.Equal(t, []string{in("rules/pay/far.yaml")}, namesOf(sources), "what lies outside is not read")
	_, err = compileRules(rulesIn(in("rules/pay")), &NewFactory().CreateDefaultConfig().(*Config).Trace, &NewFactory().CreateDefaultConfig().(*Config).Limits)
	require.ErrorContains(t, err, "error[E0026]: the rule set has no file")

	config := rulesIn(in("rules/pay.yaml"))
	config.MaxMib = 1
	writeFile(t, in("rules/lists/cards.yaml"), cardsOfAll+strings.Repeat("#", 1<<20))
	_, err = readSources(config)
	require.ErrorContains(t, err, "cards.yaml grew beyond `rules::max_mib`")
}

// A used file that lies in a mounted ConfigMap changes when the link to its generation does.
func TestAUsedFileOfAMountedConfigMapChangesTheFingerprint(t *testing.T) {
	mount := t.TempDir()
	generation := func(name, cards string) {
		writeFile(t, filepath.Join(mount, name, "pay.yaml"), usingRules)
		writeFile(t, filepath.Join(mount, name, "shared.yaml"), strings.Replace(sharedRules, "use: [lists/cards.yaml]\n", cards, 1))
		require.NoError(t, os.Symlink(name, filepath.Join(mount, "..next")))
		require.NoError(t, os.Rename(filepath.Join(mount, "..next"), filepath.Join(mount, "..data")))
	}
	generation("..first", cardsOfAll)
	for _, name := range []string{"pay.yaml", "shared.yaml"} {
		require.NoError(t, os.Symlink(filepath.Join("..data", name), filepath.Join(mount, name)))
	}
	for _, files := range []string{mount, filepath.Join(mount, "pay.yaml")} {
		generation("..one"+filepath.Base(files), cardsOfAll)
		before, err := readSources(rulesIn(files))
		require.NoError(t, err)
		require.Len(t, before, 2)
		generation("..two"+filepath.Base(files), strings.Replace(cardsOfAll, "visa", "amex", 1))
		after, err := readSources(rulesIn(files))
		require.NoError(t, err)
		require.Equal(t, namesOf(before), namesOf(after))
		require.NotEqual(t, fingerprintOf(before), fingerprintOf(after))
	}
}

func TestAChangedUsedFileIsLoadedAgain(t *testing.T) {
	b := startReloadBench(t, ruleA)
	shared := filepath.Join(filepath.Dir(b.path), "shared.yaml")
	replaceFile(t, shared, "macros: { big: second }\n")
	b.write(t, "use: [./shared.yaml]\nrules:\n  - { id: b, condition: 'never { big }' }\n")
	require.EqualValues(t, 1, b.reloads(t, "success"))
	replaceFile(t, shared, "macros: { big: third }\n")
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 2, b.reloads(t, "success"))
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(1, "second")))
	b.requireViolations(t)
	require.NoError(t, b.ConsumeTraces(context.Background(), spansNamed(2, "third")))
	b.requireViolations(t, "b")

	require.NoError(t, os.Remove(shared))
	b.clock.advance(t, reloadInterval, reloadInterval)
	require.EqualValues(t, 1, b.reloads(t, "refused"), "without it the rules are faulty, and those in use stay")
}
