package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shown are the blocks of a page behind a fence.
func shown(t *testing.T, page, fence string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), page))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for part := range strings.SplitSeq("\n"+string(text), "\n```"+fence+"\n") {
		block, _, _ := strings.Cut(part, "\n```\n")
		blocks = append(blocks, block+"\n")
	}
	if len(blocks) < 2 {
		t.Fatalf("%s shows no block behind `%s`", page, fence)
	}
	return blocks[1:]
}

// The configurations that the README shows are ones the Collector takes.
func TestShownConfigurationsAreValid(t *testing.T) {
	for _, config := range shown(t, "README.md", "yaml collector") {
		rules := filepath.Join(repository(t), "rules")
		if printed, err := validate(t, strings.Replace(config, "[rules]", "["+rules+"]", 1)); err != nil {
			t.Errorf("%v, printed:\n%s\nof:\n%s", err, printed, config)
		}
	}
}

// The commands that the README shows do what it says: replay finds violations and suggest rules, and they say so; the others
// find no fault.
func TestShownCommandsRun(t *testing.T) {
	command := built(t, "target/release/betrace", "cli")
	ran := 0
	for line := range strings.Lines(shown(t, "README.md", "sh command")[0]) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] != "betrace" {
			t.Fatalf("`%s` is not the command", line)
		}
		run := exec.CommandContext(t.Context(), command, words[1:]...)
		run.Dir = repository(t)
		printed, err := run.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		want := 0
		if words[1] == "replay" || words[1] == "suggest" {
			want = 1
		}
		if got := run.ProcessState.ExitCode(); got != want || len(printed) == 0 && words[1] != "fmt" {
			t.Errorf("`%s` exits with %d instead of %d, and prints\n%s", line, got, want, printed)
		}
		ran++
	}
	if ran < 5 {
		t.Errorf("only %d commands were run", ran)
	}
}

// Each target that the README shows is one of the Makefile's or of what it includes.
func TestShownTargetsExist(t *testing.T) {
	var makefile []byte
	for _, path := range []string{"Makefile", "deploy/deploy.mk"} {
		part, err := os.ReadFile(filepath.Join(repository(t), path))
		if err != nil {
			t.Fatal(err)
		}
		makefile = append(append(makefile, '\n'), part...)
	}
	readme, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile("(?m)(?:^|`)make (?:-C betrace )?([a-z]+)").FindAllStringSubmatch(string(readme), -1)
	if len(targets) < 5 {
		t.Fatalf("only %d targets are shown", len(targets))
	}
	for _, target := range targets {
		if !strings.Contains(string(makefile), "\n"+target[1]+":") {
			t.Errorf("`make %s` is shown, and is no target", target[1])
		}
	}
}
