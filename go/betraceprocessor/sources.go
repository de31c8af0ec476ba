package betraceprocessor

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/betracehq/betrace/go/betrace"
)

// maxFileBytes bounds one rule file; the rule loader has the same limit.
const maxFileBytes = 50 << 20

// fingerprint is a hash of the names and texts of all sources.
type fingerprint [sha256.Size]byte

// compiled is a rule set without errors and the fingerprint of the texts it came from.
type compiled struct {
	rules       *betrace.Rules
	fingerprint fingerprint
	// report holds warnings and notes; empty where there is none.
	report string
}

// faultyRules says that sources were read and that rules in them are wrong.
type faultyRules struct {
	report string
	errors int
}

func (f *faultyRules) Error() string {
	noun := "faults"
	if f.errors == 1 {
		noun = "fault"
	}
	return fmt.Sprintf("%d %s in the rules:\n%s", f.errors, noun, strings.TrimRight(f.report, "\n"))
}

// compileRules reads and compiles what a configuration names. Its error is a *faultyRules, or says
// what could not be read.
func compileRules(config *Rules) (*compiled, error) {
	sources, err := readSources(config)
	if err != nil {
		return nil, err
	}
	return compileSources(sources)
}

func compileSources(sources []betrace.Source) (*compiled, error) {
	rules, err := betrace.Compile(sources)
	if err != nil {
		return nil, err
	}
	report, err := rules.Report(betrace.ReportText)
	if err != nil {
		rules.Close()
		return nil, err
	}
	if count := rules.ErrorCount(); count > 0 {
		rules.Close()
		return nil, &faultyRules{report: report, errors: count}
	}
	return &compiled{rules: rules, fingerprint: fingerprintOf(sources), report: report}, nil
}

// readSources reads every rule file and inline rule that a configuration names, in a fixed order.
func readSources(config *Rules) ([]betrace.Source, error) {
	if len(config.Files) == 0 && len(config.Inline) == 0 {
		return nil, errors.New("no rules: name rule files in `files` or write rules in `inline`")
	}
	var sources []betrace.Source
	var errs error
	seen := map[string]bool{}
	for _, pattern := range config.Files {
		paths, err := expand(pattern)
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		for _, path := range paths {
			if seen[path] {
				continue
			}
			seen[path] = true
			text, err := readFile(path)
			if err != nil {
				errs = errors.Join(errs, err)
				continue
			}
			sources = append(sources, betrace.Source{Name: path, Text: text})
		}
	}
	for i, rule := range config.Inline {
		text, err := yaml.Marshal(map[string]any{"rules": []any{rule}})
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("inline rule %d cannot be written as YAML: %w", i+1, err))
			continue
		}
		sources = append(sources, betrace.Source{Name: fmt.Sprintf("rules::inline[%d]", i), Text: text})
	}
	return sources, errs
}

// expand turns a file, directory or glob into the rule files it names, sorted.
func expand(pattern string) ([]string, error) {
	if info, err := os.Stat(pattern); err == nil {
		if info.IsDir() {
			return ruleFilesBelow(pattern)
		}
		return []string{pattern}, nil
	}
	matches, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("rule files %q: %w", pattern, err)
	}
	if len(matches) == 0 {
		return nil, fmt.Errorf("rule files %q: no such file", pattern)
	}
	var paths []string
	for _, match := range matches {
		below, err := expand(match)
		if err != nil {
			return nil, err
		}
		paths = append(paths, below...)
	}
	sort.Strings(paths)
	return paths, nil
}

func isRuleFile(name string) bool {
	extension := strings.ToLower(filepath.Ext(name))
	return extension == ".yaml" || extension == ".yml"
}

// ruleFilesBelow lists a directory. Names that begin with two dots are left out: a mounted
// ConfigMap keeps its older generations under such names and links the current files beside them.
func ruleFilesBelow(directory string) ([]string, error) {
	// A mounted directory is often a link itself, which WalkDir would not enter.
	root, err := filepath.EvalSymlinks(directory)
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	var paths []string
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != root && strings.HasPrefix(entry.Name(), "..") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !isRuleFile(entry.Name()) {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			paths = append(paths, filepath.Join(directory, relative))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("rule files %q: the directory holds no *.yaml or *.yml file", directory)
	}
	sort.Strings(paths)
	return paths, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("rule files: %s is not a regular file", path)
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("rule files: %s has %d bytes, more than %d", path, info.Size(), maxFileBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	return text, nil
}

func fingerprintOf(sources []betrace.Source) fingerprint {
	hash := sha256.New()
	part := func(text []byte) {
		var length [8]byte
		binary.LittleEndian.PutUint64(length[:], uint64(len(text)))
		hash.Write(length[:])
		hash.Write(text)
	}
	for _, source := range sources {
		part([]byte(source.Name))
		part(source.Text)
	}
	var sum fingerprint
	hash.Sum(sum[:0])
	return sum
}
