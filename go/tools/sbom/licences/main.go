// Command licences says under which licences the modules of Go binaries are, and fails where one is under none that is
// allowed. It reads the licence files of the module cache, which has them once a binary was built.
package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-enry/go-license-detector/v4/licensedb"
	"github.com/go-enry/go-license-detector/v4/licensedb/filer"
	"golang.org/x/mod/module"
)

// allowed are permissive licences, and the Mozilla one, which asks for the source of files of its own alone.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unlicense", "Zlib"}

// looked are modules whose licence files a person has read, because they are like another text, or like none, and why they
// may be used all the same.
var looked = map[string]string{
	"github.com/opencontainers/go-digest": "the code is under Apache-2.0, its pages alone under CC-BY-SA-4.0",
	"github.com/twmb/murmur3":             "BSD-3-Clause without its title",
	"golang.org/x/":                       "BSD-3-Clause, which is read as one of its kin",
}

// alike is how like a licence file must be to a known text, from 0 to 1.
const alike = 0.85

// ours is where the modules of this repository come from; LICENSE at its top is theirs.
const ours = "github.com/betracehq/betrace/"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: licences BINARY...")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(binaries []string) error {
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return err
	}
	counts, wrong := map[string]int{}, 0
	seen := map[string]bool{}
	for _, binary := range binaries {
		info, err := buildinfo.ReadFile(binary)
		if err != nil {
			return err
		}
		for _, dependency := range info.Deps {
			name := dependency.Path + "@" + dependency.Version
			if seen[name] || strings.HasPrefix(dependency.Path, ours) {
				continue
			}
			seen[name] = true
			licences, err := of(strings.TrimSpace(string(cache)), dependency.Path, dependency.Version)
			if err == nil {
				err = judge(licences)
			}
			if why := lookedAt(dependency.Path); err != nil && why != "" {
				licences, err = []string{why}, nil
			}
			if err != nil {
				wrong++
				fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			}
			counts[strings.Join(licences, ", ")]++
		}
	}
	for _, licence := range sorted(counts) {
		fmt.Printf("%4d %s\n", counts[licence], licence)
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d modules are under no licence that is allowed", wrong, len(seen))
	}
	return nil
}

// of is the licence of a module, the one that its licence files are most like; several where they are as like to each.
func of(cache, path, version string) ([]string, error) {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return nil, err
	}
	folder, err := filer.FromDirectory(filepath.Join(cache, filepath.FromSlash(escaped)+"@"+version))
	if err != nil {
		return nil, err
	}
	matches, err := licensedb.Detect(folder)
	if err != nil {
		return nil, err
	}
	best := float32(0)
	for _, match := range matches {
		best = max(best, match.Confidence)
	}
	if best < alike {
		return nil, fmt.Errorf("its licence file is like none that is known")
	}
	var found []string
	for licence, match := range matches {
		if match.Confidence == best {
			found = append(found, licence)
		}
	}
	slices.Sort(found)
	return found, nil
}

// lookedAt is why a module may be used whose licence the detector does not know.
func lookedAt(path string) string {
	for prefix, why := range looked {
		if strings.HasPrefix(path, prefix) {
			return why
		}
	}
	return ""
}

func judge(licences []string) error {
	isAllowed := func(licence string) bool { return slices.Contains(allowed, licence) }
	if slices.ContainsFunc(licences, isAllowed) {
		return nil
	}
	return fmt.Errorf("it is under %s", strings.Join(licences, ", "))
}

func sorted(counts map[string]int) []string {
	var keys []string
	for key := range counts {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
