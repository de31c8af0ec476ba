package betraceprocessor

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/betracehq/betrace/go/betrace"
)

// mostInARow bounds how often files that were added are asked what they use themselves; a longer row of files that use
// each other is refused when they are compiled.
const mostInARow = 9

// usedSources reads the files that rule files use (`use:`) and that are not among them, where they lie in or below a
// directory that is named or that holds a file that is. What lies elsewhere, or is not there, is not read: the rules'
// report says so where it is used.
func usedSources(config *Rules, sources []betrace.Source, left int64) (used []betrace.Source, errs error) {
	all := sources[:len(sources):len(sources)]
	folders := ruleFolders(config)
	for range mostInARow {
		if !anyMayUse(all) {
			return used, errs
		}
		names, err := betrace.MissingFiles(all)
		if errors.Is(err, betrace.ErrUnavailable) {
			return used, errs
		}
		if err != nil {
			return used, errors.Join(errs, fmt.Errorf("rule files: %w", err))
		}
		before := len(all)
		for _, name := range names {
			if info, err := os.Stat(name); !isInside(folders, name) || err != nil || !info.Mode().IsRegular() {
				continue
			}
			text, err := readFile(name, left)
			if err != nil {
				errs = errors.Join(errs, err)
				continue
			}
			left -= int64(len(text))
			source := betrace.Source{Name: name, Text: text}
			all, used = append(all, source), append(used, source)
		}
		if len(all) == before {
			break
		}
	}
	return used, errs
}

// anyMayUse says whether the word stands in some text, which spares most sets a second reading.
func anyMayUse(sources []betrace.Source) bool {
	for _, source := range sources {
		if bytes.Contains(source.Text, []byte("use")) {
			return true
		}
	}
	return false
}

// ruleFolders are the directories that a configuration names, and those of the files that it names.
func ruleFolders(config *Rules) (folders []string) {
	for _, pattern := range config.Files {
		matches := []string{pattern}
		if _, err := os.Stat(pattern); err != nil {
			// A pattern that is faulty, or meets nothing, is told of where its files are read.
			matches, _ = filepath.Glob(pattern)
		}
		for _, match := range matches {
			if info, err := os.Stat(match); err == nil && !info.IsDir() {
				match = filepath.Dir(match)
			}
			folders = append(folders, filepath.Clean(match))
		}
	}
	return folders
}

func isInside(folders []string, name string) bool {
	for _, folder := range folders {
		relative, err := filepath.Rel(folder, name)
		if err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}
