package betraceprocessor

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/betracehq/betrace/go/betrace"
)

// rulesIn is a configuration of these files, else at its defaults.
func rulesIn(files ...string) *Rules {
	rules := NewDefaultRules()
	rules.Files = files
	return &rules
}

func namesOf(sources []betrace.Source) []string {
	var names []string
	for _, source := range sources {
		names = append(names, source.Name)
	}
	return names
}

func TestDirectoriesGlobsAndFiles(t *testing.T) {
	sources, err := readSources(rulesIn("testdata/rules"))
	require.NoError(t, err)
	require.Equal(t, []string{"testdata/rules/nested/access.yml", "testdata/rules/payments.yaml"}, namesOf(sources))

	sources, err = readSources(rulesIn("testdata/rules/*", "testdata/rules/payments.yaml"))
	require.NoError(t, err)
	require.Equal(t, []string{"testdata/rules/nested/access.yml", "testdata/rules/notes.txt", "testdata/rules/payments.yaml"}, namesOf(sources), "each once; a glob says itself which files are meant")
}

func TestInlineRulesAreSourcesOfTheirOwn(t *testing.T) {
	config := rulesIn()
	config.Inline = []map[string]any{
		{"id": "a", "condition": "never { x }\n", "tags": []any{"t"}},
		{"id": "b", "condition": "never { y.where(z == \"q\") }"},
	}
	sources, err := readSources(config)
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
	before, err := readSources(rulesIn(mount))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(mount, "rules.yaml")}, namesOf(before))
	write("..second", "two")
	after, err := readSources(rulesIn(mount))
	require.NoError(t, err)
	require.Equal(t, namesOf(before), namesOf(after))
	require.Equal(t, "two", string(after[0].Text))
	require.NotEqual(t, fingerprintOf(before), fingerprintOf(after))
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	empty := t.TempDir()
	_, err := readSources(rulesIn(empty))
	require.ErrorContains(t, err, "holds no *.yaml or *.yml file")
	_, err = readSources(rulesIn("[a"))
	require.ErrorContains(t, err, "syntax error in pattern")

	loop := filepath.Join(empty, "loop.yaml")
	require.NoError(t, os.Symlink("loop.yaml", loop))
	_, err = readSources(rulesIn(empty))
	require.Error(t, err)
}

// What is too large is refused by its size: not a byte of it is read, and so it costs neither memory nor, again and
// again, time.
func TestALargeSetIsRefusedBeforeItIsRead(t *testing.T) {
	folder := t.TempDir()
	file := func(name string, size int64) {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Truncate(path, size))
	}
	config := rulesIn(folder)
	most := int64(config.MaxMib) << 20
	file("a.yaml", most/2)
	file("b.yaml", most/2)
	_, err := readSources(config)
	require.NoError(t, err, "just as large as is allowed")
	file("b.yaml", most/2+1)
	_, err = readSources(config)
	require.ErrorContains(t, err, "`rules::max_mib` allows (8 MiB); none was read")

	file("a.yaml", 48<<20)
	before := readBytes(t)
	for range 10 {
		_, err = readSources(config)
		require.Error(t, err)
	}
	require.Less(t, readBytes(t)-before, int64(1<<20), "it was read all the same")
	config.MaxMib = 50
	_, err = readSources(config)
	require.ErrorContains(t, err, "(50 MiB)", "a.yaml and b.yaml together")
	require.NoError(t, os.Remove(filepath.Join(folder, "b.yaml")))
	_, err = readSources(config)
	require.NoError(t, err)
}

// readBytes is what this process has read so far, by the system's count.
func readBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip("this system does not count what a process reads:", err)
	}
	var count int64
	_, err = fmt.Sscanf(string(text), "rchar: %d", &count)
	require.NoError(t, err)
	return count
}

// Whoever reads why a set was refused meets the fault first, whatever is remarked on other files.
func TestWhatRefusesASetIsToldBeforeWhatIsRemarked(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("a.yaml", "rules: [{ id: a, condition: \"never { x.where(size == 0x10 and status == ok) }\" }]\n")
	write("b.yaml", "rules: [{ id: b, condition: \"never { x\" }]\n")
	trace, limits := NewDefaultTrace(), NewDefaultLimits()
	_, err := compileRules(rulesIn(folder), &trace, &limits)
	require.ErrorContains(t, err, "1 fault in the rules:\nerror[E0112]")
	require.ErrorContains(t, err, "\n\nwarning[W0105]", "the remarks follow, apart")
}

// What the command `betrace check` reads of a directory, the processor reads too, and nothing else.
func TestHiddenFilesAndLinksInADirectory(t *testing.T) {
	folder, beside := t.TempDir(), t.TempDir()
	write := func(path string) { require.NoError(t, os.WriteFile(path, []byte("rules: []"), 0o600)) }
	write(filepath.Join(folder, "one.yaml"))
	write(filepath.Join(folder, "TWO.YAML"))
	write(filepath.Join(folder, ".half-written.yaml"))
	write(filepath.Join(beside, "three.yml"))
	// So an editor says who holds a file.
	require.NoError(t, os.Symlink("somebody@host.1234", filepath.Join(folder, ".#one.yaml")))
	require.NoError(t, os.Symlink(beside, filepath.Join(folder, "shared")))
	require.NoError(t, os.Symlink(folder, filepath.Join(beside, "back")))
	sources, err := readSources(rulesIn(folder))
	require.NoError(t, err)
	require.Equal(t, []string{
		filepath.Join(folder, "TWO.YAML"), filepath.Join(folder, "one.yaml"), filepath.Join(folder, "shared/three.yml"),
	}, namesOf(sources))

	require.NoError(t, os.Symlink("gone.yaml", filepath.Join(folder, "four.yaml")))
	_, err = readSources(rulesIn(folder))
	require.ErrorContains(t, err, "four.yaml", "rules are not gone in silence")
}

func TestAFileOfSeveralNamesIsReadOnce(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "one.yaml"), []byte("rules: []"), 0o600))
	require.NoError(t, os.Symlink("one.yaml", filepath.Join(folder, "also.yaml")))
	t.Chdir(folder)
	sources, err := readSources(rulesIn(".", "./one.yaml", "one.yaml", filepath.Join(folder, "one.yaml"), "also.yaml"))
	require.NoError(t, err)
	require.Len(t, sources, 1)
}

// A pipe that is called like a rule file is not waited for.
func TestAPipeIsNoRuleFile(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	_, err := readSources(rulesIn(pipe))
	require.ErrorContains(t, err, "is not a regular file")
	_, err = readSources(rulesIn(folder))
	require.ErrorContains(t, err, "holds no *.yaml or *.yml file")
}

func TestTheFingerprintKnowsNamesAndBorders(t *testing.T) {
	source := func(name, text string) betrace.Source { return betrace.Source{Name: name, Text: []byte(text)} }
	base := fingerprintOf([]betrace.Source{source("a", "bc")})
	require.Equal(t, base, fingerprintOf([]betrace.Source{source("a", "bc")}))
	require.NotEqual(t, base, fingerprintOf([]betrace.Source{source("ab", "c")}))
	require.NotEqual(t, base, fingerprintOf([]betrace.Source{source("a", "bd")}))
}
