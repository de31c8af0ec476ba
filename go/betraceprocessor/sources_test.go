package betraceprocessor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/betracehq/betrace/go/betrace"
)

func namesOf(sources []betrace.Source) []string {
	var names []string
	for _, source := range sources {
		names = append(names, source.Name)
	}
	return names
}

func TestDirectoriesGlobsAndFiles(t *testing.T) {
	sources, err := readSources(&Rules{Files: []string{"testdata/rules"}})
	require.NoError(t, err)
	require.Equal(t, []string{"testdata/rules/nested/access.yml", "testdata/rules/payments.yaml"}, namesOf(sources))

	sources, err = readSources(&Rules{Files: []string{"testdata/rules/*", "testdata/rules/payments.yaml"}})
	require.NoError(t, err)
	require.Equal(t, []string{"testdata/rules/nested/access.yml", "testdata/rules/notes.txt", "testdata/rules/payments.yaml"}, namesOf(sources), "each once; a glob says itself which files are meant")
}

func TestInlineRulesAreSourcesOfTheirOwn(t *testing.T) {
	sources, err := readSources(&Rules{Inline: []map[string]any{
		{"id": "a", "condition": "never { x }\n", "tags": []any{"t"}},
		{"id": "b", "condition": "never { y.where(z == \"q\") }"},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"rules::inline[0]", "rules::inline[1]"}, namesOf(sources))
	require.Contains(t, string(sources[1].Text), `never { y.where(z == "q") }`)
}

// A mounted ConfigMap is a directory of links into ..data, which is itself a link to a generation.
func TestAMountedConfigMap(t *testing.T) {
	mount := t.TempDir()
	write := func(generation, text string) {
		require.NoError(t, os.Mkdir(filepath.Join(mount, generation), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(mount, generation, "rules.yaml"), []byte(text), 0o600))
		require.NoError(t, os.Symlink(generation, filepath.Join(mount, "..next")))
		require.NoError(t, os.Rename(filepath.Join(mount, "..next"), filepath.Join(mount, "..data")))
	}
	write("..first", "one")
	require.NoError(t, os.Symlink("..data/rules.yaml", filepath.Join(mount, "rules.yaml")))
	before, err := readSources(&Rules{Files: []string{mount}})
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(mount, "rules.yaml")}, namesOf(before))
	write("..second", "two")
	after, err := readSources(&Rules{Files: []string{mount}})
	require.NoError(t, err)
	require.Equal(t, namesOf(before), namesOf(after))
	require.Equal(t, "two", string(after[0].Text))
	require.NotEqual(t, fingerprintOf(before), fingerprintOf(after))
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	empty := t.TempDir()
	_, err := readSources(&Rules{Files: []string{empty}})
	require.ErrorContains(t, err, "holds no *.yaml or *.yml file")
	_, err = readSources(&Rules{Files: []string{"[a"}})
	require.ErrorContains(t, err, "syntax error in pattern")

	loop := filepath.Join(empty, "loop.yaml")
	require.NoError(t, os.Symlink("loop.yaml", loop))
	_, err = readSources(&Rules{Files: []string{empty}})
	require.Error(t, err)

	huge := filepath.Join(t.TempDir(), "huge.yaml")
	require.NoError(t, os.WriteFile(huge, nil, 0o600))
	require.NoError(t, os.Truncate(huge, maxFileBytes+1))
	_, err = readSources(&Rules{Files: []string{huge}})
	require.ErrorContains(t, err, "more than")
	require.NoError(t, os.Truncate(huge, maxFileBytes))
	_, err = readSources(&Rules{Files: []string{huge}})
	require.NoError(t, err)
}

func TestTheFingerprintKnowsNamesAndBorders(t *testing.T) {
	source := func(name, text string) betrace.Source { return betrace.Source{Name: name, Text: []byte(text)} }
	base := fingerprintOf([]betrace.Source{source("a", "bc")})
	require.Equal(t, base, fingerprintOf([]betrace.Source{source("a", "bc")}))
	require.NotEqual(t, base, fingerprintOf([]betrace.Source{source("ab", "c")}))
	require.NotEqual(t, base, fingerprintOf([]betrace.Source{source("a", "bd")}))
}
