// Command house measures the sources that people have to read: product files over 400 lines, functions over 70, and
// Go names that hide a built-in. It exits 1 where one is too long and not in the list of exceptions.
//
//	house -root ../.. -exceptions ../../.ci/long.txt
//
// Test files are not measured: a test is read one case at a time. Neither is what a generator wrote.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	maxFileLines     = 400
	maxFunctionLines = 70
	// maxExceptions is how many long functions may be listed; one more is one that wants cutting.
	maxExceptions = 5
)

func main() {
	root := flag.String("root", ".", "top of the repository")
	exceptions := flag.String("exceptions", "", "file with one excepted `path:name` a line, # begins a comment")
	most := flag.Int("most", maxExceptions, "how many long functions may be excepted")
	flag.Parse()
	faults, err := run(*root, *exceptions, *most, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(2)
	}
	if faults > 0 {
		os.Exit(1)
	}
}

// run writes every finding to out and says how many of them are faults.
func run(root, exceptionsFile string, most int, out io.Writer) (int, error) {
	excepted, err := readExceptions(exceptionsFile)
	if err != nil {
		return 0, err
	}
	findings, err := measure(root)
	if err != nil {
		return 0, err
	}
	used := map[string]bool{}
	faults, functions := 0, 0
	for _, f := range findings {
		key := f.key()
		if slices.Contains(excepted, key) {
			used[key] = true
			if f.kind == longFunction {
				functions++
			}
			continue
		}
		faults++
		fmt.Fprintln(out, f)
	}
	for _, key := range excepted {
		if !used[key] {
			fmt.Fprintf(out, "note: %s is listed as an exception and no longer needs it\n", key)
		}
	}
	if functions > most {
		faults++
		fmt.Fprintf(out, "%d functions are excepted, and at most %d may be\n", functions, most)
	}
	return faults, nil
}

func readExceptions(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var excepted []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text != "" {
			excepted = append(excepted, text)
		}
	}
	return excepted, lines.Err()
}

type kind int

const (
	longFile kind = iota
	longFunction
	hiddenBuiltIn
)

type finding struct {
	kind  kind
	path  string
	line  int
	name  string
	lines int
}

// key is how an exception names the finding.
func (f finding) key() string {
	if f.kind == longFile {
		return f.path
	}
	return f.path + ":" + f.name
}

func (f finding) String() string {
	switch f.kind {
	case longFile:
		return fmt.Sprintf("%s: %d lines, more than %d", f.path, f.lines, maxFileLines)
	case longFunction:
		return fmt.Sprintf("%s:%d: %s has %d lines, more than %d", f.path, f.line, f.name, f.lines, maxFunctionLines)
	default:
		return fmt.Sprintf("%s:%d: %s hides the built-in of this name", f.path, f.line, f.name)
	}
}

// measure looks at every product file below rust/ and go/, in the order of their paths.
func measure(root string) ([]finding, error) {
	var findings []finding
	for _, top := range []string{"rust", "go"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			relative = filepath.ToSlash(relative)
			if entry.IsDir() {
				if isOutside(relative) {
					return fs.SkipDir
				}
				return nil
			}
			if !isProduct(relative) {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found, err := measureText(relative, string(text))
			findings = append(findings, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return findings, nil
}

// isOutside names the folders that hold no product sources.
func isOutside(folder string) bool {
	switch filepath.Base(folder) {
	case "target", "testdata", "tests", "benches", "fuzz", "node_modules":
		return true
	}
	return false
}

func isProduct(path string) bool {
	name := filepath.Base(path)
	switch {
	case strings.HasSuffix(name, ".rs"):
		return !strings.HasSuffix(name, "_test.rs") && !strings.HasPrefix(name, "test_") && name != "tests.rs" && name != "build.rs"
	case strings.HasSuffix(name, ".go"):
		return !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "generated_")
	case strings.HasSuffix(name, ".lalrpop"):
		return true
	}
	return false
}

func measureText(path, text string) ([]finding, error) {
	var findings []finding
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	product := lines
	if strings.HasSuffix(path, ".rs") {
		product = withoutTests(lines)
	}
	if len(product) > maxFileLines {
		findings = append(findings, finding{kind: longFile, path: path, lines: len(product)})
	}
	for _, f := range functions(path, product) {
		if f.lines > maxFunctionLines {
			findings = append(findings, f)
		}
	}
	if strings.HasSuffix(path, ".go") {
		hidden, err := hiddenBuiltIns(path, text)
		if err != nil {
			return findings, err
		}
		findings = append(findings, hidden...)
	}
	return findings, nil
}

// withoutTests cuts a Rust file where its own tests begin, which is always at its end.
func withoutTests(lines []string) []string {
	for i, line := range lines {
		if line == "#[cfg(test)]" && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "mod tests {") {
			return lines[:i]
		}
	}
	return lines
}
