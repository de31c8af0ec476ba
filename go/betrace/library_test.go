//go:build cgo && linux && amd64

package betrace

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// moduleCopy is this module in a folder of its own, without a library, and with a program that
// prints what it was linked with.
func moduleCopy(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, from := range []string{".", "mark"} {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, from), 0o700))
		entries, err := os.ReadDir(from)
		require.NoError(t, err)
		for _, entry := range entries {
			name := filepath.Join(from, entry.Name())
			if entry.IsDir() || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".h") {
				continue
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			info, err := entry.Info()
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, info.Mode()))
		}
	}
	require.NoError(t, os.Mkdir(filepath.Join(folder, "probe"), 0o700))
	program := "package main\n\nimport \"github.com/betracehq/betrace/go/betrace\"\n\nfunc main() { println(betrace.LibraryVersion(), betrace.LibraryHash()) }\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "probe", "main.go"), []byte(program), 0o600))
	return folder
}

func command(t *testing.T, folder, name string, arguments ...string) (string, error) {
	t.Helper()
	run := exec.Command(name, arguments...)
	run.Dir = folder
	output, err := run.CombinedOutput()
	return string(output), err
}

// installFake builds a library that calls itself version and installs it as `make lib` does.
func installFake(t *testing.T, folder, version string) {
	t.Helper()
	header, err := filepath.Abs("betrace.h")
	require.NoError(t, err)
	source, err := filepath.Abs("testdata/fakelib.c")
	require.NoError(t, err)
	output, err := command(t, folder, "gcc", "-c", `-DVERSION="`+version+`"`, "-o", "fake.o", source)
	require.NoError(t, err, output)
	_ = os.Remove(filepath.Join(folder, "fake.a"))
	output, err = command(t, folder, "ar", "rcsD", "fake.a", "fake.o")
	require.NoError(t, err, output)
	output, err = command(t, folder, "./install-library.sh", "fake.a", header)
	require.NoError(t, err, output)
}

// A changed library reaches the binary though no Go file changed, and an unchanged one costs nothing.
func TestAChangedLibraryReachesTheBinary(t *testing.T) {
	folder := moduleCopy(t)
	output, err := command(t, folder, "go", "build", "-o", "out", "./probe")
	require.Error(t, err)
	require.Contains(t, output, "make lib", "a missing library says what to do")

	run := func() string {
		output, err := command(t, folder, "go", "run", "./probe")
		require.NoError(t, err, output)
		return output
	}
	installFake(t, folder, "one")
	first := run()
	require.True(t, strings.HasPrefix(first, "one "), first)
	before, err := os.Stat(filepath.Join(folder, "library_hash.h"))
	require.NoError(t, err)

	installFake(t, folder, "one")
	after, err := os.Stat(filepath.Join(folder, "library_hash.h"))
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
	require.Equal(t, first, run())

	installFake(t, folder, "two")
	second := run()
	require.True(t, strings.HasPrefix(second, "two "), second)
	require.NotEqual(t, strings.Fields(first)[1], strings.Fields(second)[1])
}
