package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// diagnostic is one line of `betrace check --format json`.
type diagnostic struct {
	Code, Severity, File, Message, Rule string
	Line, Column                        int
}

// checked runs `betrace check` and returns what it says.
func checked(t *testing.T, files ...string) (found []diagnostic, rules, exit int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), built(t, "target/release/betrace", "cli"), append([]string{"check", "--format", "json"}, files...)...)
	out, err := command.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		exit = failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Diagnostics []diagnostic
		Rules       int
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return answer.Diagnostics, answer.Rules, exit
}

func errorsOf(found []diagnostic) []string {
	var lines []string
	for _, d := range found {
		if d.Severity == "error" {
			lines = append(lines, fmt.Sprintf("%s:%d:%d %s %s (%s)", filepath.Base(d.File), d.Line, d.Column, d.Code, d.Message, d.Rule))
		}
	}
	return lines
}

// The project's own rules have no error, and the dialect file holds what it says it holds.
func TestOwnRulesAreSound(t *testing.T) {
	found, rules, exit := checked(t, shopRules(t))
	if lines := errorsOf(found); exit != 0 || len(lines) > 0 || rules == 0 {
		t.Errorf("exit %d, %d rules:\n%s", exit, rules, strings.Join(lines, "\n"))
	}
}

// Every rule text that documents about the system print loads, and stands in the dialect file.
func TestPrintedRulesLoad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "seeds"), "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, printedRules(string(content))...)
	}
	if len(texts) < 20 {
		t.Fatalf("only %d rule texts were found: %q", len(texts), texts)
	}
	type rule struct {
		ID        string `yaml:"id"`
		Condition string `yaml:"condition"`
	}
	var set struct {
		Rules []rule `yaml:"rules"`
	}
	for i, text := range texts {
		set.Rules = append(set.Rules, rule{fmt.Sprintf("printed-%d", i), text})
	}
	document, err := yaml.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	found, rules, _ := checked(t, write(t, "printed.yaml", string(document)))
	if lines := errorsOf(found); len(lines) > 0 || rules != len(texts) {
		t.Errorf("%d rules of %d:\n%s\nin\n%s", rules, len(texts), strings.Join(lines, "\n"), document)
	}

	dialect, err := os.ReadFile(filepath.Join(shopRules(t), "dialect.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	set.Rules = nil
	if err := yaml.Unmarshal(dialect, &set); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, r := range set.Rules {
		kept = append(kept, plain(r.Condition))
	}
	for _, text := range texts {
		if !slices.Contains(kept, plain(text)) {
			t.Errorf("dialect.yaml does not hold %q", text)
		}
	}
}

var comment = regexp.MustCompile(`(?m)//.*$`)

// plain is a text without comments and with single spaces.
func plain(text string) string {
	return strings.Join(strings.Fields(comment.ReplaceAllString(text, "")), " ")
}

var (
	fenced = regexp.MustCompile("(?ms)^(?:> )?\\s*```(?:javascript|dsl|markdown)\\n(.*?)^(?:> )?\\s*```")
	inline = regexp.MustCompile("`(trace\\.[^`]+|[a-z.]+\\([^`]*\\) [<>=]+ [^`]+)`")
	clause = regexp.MustCompile(`^(when|always|never)\b`)
)

// printedRules finds the rule texts of a document: fenced blocks, taken apart at empty lines and comments, where a
// when and the clauses that follow are one rule, and rules inside sentences.
func printedRules(document string) []string {
	var texts []string
	for _, block := range fenced.FindAllStringSubmatch(document, -1) {
		body := regexp.MustCompile(`(?m)^> ?`).ReplaceAllString(block[1], "")
		if strings.HasPrefix(strings.TrimSpace(body), "rule ") {
			texts = append(texts, strings.TrimSpace(body))
			continue
		}
		if !strings.Contains(body, "{") && regexp.MustCompile(`(?m)^(==|\*|import|\d)`).MatchString(body) {
			continue // a table of operators, a list, or a program in another language
		}
		for _, part := range regexp.MustCompile(`\n\s*\n`).Split(body, -1) {
			texts = append(texts, rulesOf(part)...)
		}
	}
	for _, sentence := range inline.FindAllStringSubmatch(document, -1) {
		texts = append(texts, sentence[1])
	}
	return texts
}

func rulesOf(part string) []string {
	part = strings.TrimSpace(comment.ReplaceAllString(part, ""))
	if clause.MatchString(part) {
		return []string{part}
	}
	var texts []string
	for line := range strings.Lines(part) {
		if line = strings.TrimSpace(line); line != "" {
			texts = append(texts, line)
		}
	}
	return texts
}
