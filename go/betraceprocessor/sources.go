package betraceprocessor

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"

	"github.com/betracehq/betrace/go/betrace"
)

// inlineName begins the names of rules in the configuration, which are no files.
const inlineName = "rules::inline["

// fingerprint is a hash of the names and texts of all sources.
type fingerprint [sha256.Size]byte

// compiled is a rule set without errors and what is known of the texts it came from.
type compiled struct {
	rules       *betrace.Rules
	fingerprint fingerprint
	sources     []betrace.Source
	// empty are the names of the sources without any text.
	empty map[string]bool
	// report holds warnings and notes; empty where there is none.
	report string
}

var (
	errNoRules   = errors.New("no rules: name rule files in `files` or write rules in `inline` (`rules::allow_empty: true` allows none)")
	errNoEnabled = errors.New("no rules: not one of them is enabled, so nothing would be checked (`rules::allow_empty: true` allows that)")
)

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
// what could not be read or is not there.
func compileRules(config *Rules, trace *Trace, limits *Limits) (*compiled, error) {
	sources, err := readSources(config)
	if err != nil {
		return nil, err
	}
	return compileSources(config, trace, limits, sources)
}

func compileSources(config *Rules, trace *Trace, limits *Limits, sources []betrace.Source) (*compiled, error) {
	// At most a nanosecond off where there is no time at all for a deadline: 0 would stand for the defaults.
	rules, err := betrace.CompileWithin(sources, betrace.RuleLimits{
		LongestDeadline: uint64(max(trace.MaxAge-trace.IdleTimeout, 1)),
		Bytes:           uint64(limits.RulesMib) << 20,
	})
	if err != nil {
		return nil, err
	}
	report, err := rules.Report(betrace.ReportText)
	if err == nil && rules.ErrorCount() > 0 {
		err = &faultyRules{report: report, errors: rules.ErrorCount()}
	}
	if err == nil && rules.EnabledCount() == 0 && !config.AllowEmpty {
		err = errNoEnabled
	}
	if err != nil {
		rules.Close()
		return nil, err
	}
	made := &compiled{rules: rules, fingerprint: fingerprintOf(sources), sources: sources, empty: emptyOf(sources), report: report}
	for name := range made.empty {
		made.report += fmt.Sprintf("warning: the rule file %s is empty\n", name)
	}
	return made, nil
}

// emptyOf names the sources that hold nothing but white space.
func emptyOf(sources []betrace.Source) map[string]bool {
	empty := map[string]bool{}
	for _, source := range sources {
		if len(bytes.TrimSpace(source.Text)) == 0 {
			empty[source.Name] = true
		}
	}
	return empty
}

// readSources reads every rule file and inline rule that a configuration names, in a fixed order, and the files that
// these use. What is larger than allowed is refused before any of it is read.
func readSources(config *Rules) ([]betrace.Source, error) {
	if len(config.Files) == 0 && len(config.Inline) == 0 && !config.AllowEmpty {
		return nil, errNoRules
	}
	inline, errs := inlineSources(config.Inline)
	paths, err := rulePaths(config)
	errs = errors.Join(errs, err)
	left := int64(config.MaxMib) << 20
	for _, source := range inline {
		left -= int64(len(source.Text))
	}
	sizes := left
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("rule files: %w", err))
			continue
		}
		sizes -= info.Size()
	}
	if sizes < 0 {
		return nil, errors.Join(errs, fmt.Errorf("rule files: together they are larger than `rules::max_mib` allows (%d MiB); none was read", config.MaxMib))
	}
	var sources []betrace.Source
	for _, path := range paths {
		text, err := readFile(path, left)
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		left -= int64(len(text))
		sources = append(sources, betrace.Source{Name: path, Text: text})
	}
	used, err := usedSources(config, sources, left)
	sources = append(sources, used...)
	return append(sources, inline...), errors.Join(errs, err)
}

func inlineSources(rules []map[string]any) (sources []betrace.Source, errs error) {
	for i, rule := range rules {
		text, err := yaml.Marshal(map[string]any{"rules": []any{rule}})
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("inline rule %d cannot be written as YAML: %w", i+1, err))
			continue
		}
		sources = append(sources, betrace.Source{Name: fmt.Sprintf(inlineName+"%d]", i), Text: text})
	}
	return sources, errs
}

// rulePaths are the rule files that a configuration names, each once, under whichever of its names it comes first.
func rulePaths(config *Rules) (paths []string, errs error) {
	seen := map[string]bool{}
	for _, pattern := range config.Files {
		found, err := expand(pattern, config.AllowEmpty)
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		for _, path := range found {
			if own := identity(path); !seen[own] {
				seen[own] = true
				paths = append(paths, path)
			}
		}
	}
	return paths, errs
}

// identity is the same for all names of a file: with a dot before them, or by way of a link.
func identity(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// expand turns a file, directory or glob into the rule files it names, sorted.
func expand(pattern string, allowEmpty bool) ([]string, error) {
	if info, err := os.Stat(pattern); err == nil {
		if info.IsDir() {
			return ruleFilesBelow(pattern, allowEmpty)
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
		below, err := expand(match, allowEmpty)
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

// ruleFilesBelow lists a directory and those below it, links to directories too, each once. Hidden names are left out: editors
// put what they have half written under such names, and a mounted ConfigMap keeps its older generations there and links the
// current files beside them. A link to nowhere is an error where rules are expected behind it: they would be gone in silence.
func ruleFilesBelow(directory string, allowEmpty bool) ([]string, error) {
	paths, err := walkRules(directory, map[string]bool{})
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	if len(paths) == 0 && !allowEmpty {
		return nil, fmt.Errorf("rule files %q: the directory holds no *.yaml or *.yml file", directory)
	}
	sort.Strings(paths)
	return paths, nil
}

func walkRules(directory string, entered map[string]bool) (paths []string, err error) {
	own := identity(directory)
	if entered[own] {
		return nil, nil
	}
	entered[own] = true
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := filepath.Join(directory, entry.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil && !isRuleFile(entry.Name()) && !errors.Is(err, fs.ErrPermission):
			continue
		case err != nil:
			return nil, err
		case info.IsDir():
			below, err := walkRules(path, entered)
			if err != nil {
				return nil, err
			}
			paths = append(paths, below...)
		case info.Mode().IsRegular() && isRuleFile(entry.Name()):
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// readFile reads a regular file of at most so many bytes. What looked like one may have become something else
// meanwhile: a pipe would be waited for for ever if it were opened as a file is.
func readFile(path string, most int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("rule files: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("rule files: %s is not a regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("rule files: %s: %w", path, err)
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("rule files: %s grew beyond `rules::max_mib` while it was read", path)
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
