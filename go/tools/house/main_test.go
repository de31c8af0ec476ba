package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree writes files below a folder of their own.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for _, top := range []string{"rust", "go"} {
		if err := os.MkdirAll(filepath.Join(root, top), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func check(t *testing.T, root, exceptions string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	faults, err := run(root, exceptions, maxExceptions, &out)
	if err != nil {
		t.Fatal(err)
	}
	return faults, out.String()
}

func rustFunctionOf(lines int) string {
	return "impl A {\n    pub fn long(&self) {\n" + strings.Repeat("        a();\n", lines-2) + "    }\n}\n"
}

func goFunctionOf(lines int) string {
	return "package a\n\nfunc long() {\n" + strings.Repeat("\ta()\n", lines-2) + "}\n"
}

func TestAFileOfTheLimitPassesAndOneLineMoreDoesNot(t *testing.T) {
	for lines, want := range map[int]int{maxFileLines: 0, maxFileLines + 1: 1} {
		root := tree(t, map[string]string{"rust/a/src/lib.rs": strings.Repeat("//\n", lines)})
		if faults, out := check(t, root, ""); faults != want {
			t.Errorf("%d lines: %d faults\n%s", lines, faults, out)
		}
	}
}

func TestAFunctionOfTheLimitPassesAndOneLineMoreDoesNot(t *testing.T) {
	for lines, want := range map[int]int{maxFunctionLines: 0, maxFunctionLines + 1: 2} {
		root := tree(t, map[string]string{"rust/a/src/lib.rs": rustFunctionOf(lines), "go/a/a.go": goFunctionOf(lines)})
		if faults, out := check(t, root, ""); faults != want {
			t.Errorf("%d lines: %d faults\n%s", lines, faults, out)
		}
	}
}

func TestADeclarationWithoutABodyIsNoFunction(t *testing.T) {
	text := "trait A {\n    fn one(&self);\n    fn two(\n        &self,\n    ) -> u8;\n" + strings.Repeat("    // more\n", 80) + "}\n"
	root := tree(t, map[string]string{"rust/a/src/lib.rs": text})
	if faults, out := check(t, root, ""); faults != 0 {
		t.Error(out)
	}
}

func TestTestsAndGeneratedFilesAreNotMeasured(t *testing.T) {
	long := strings.Repeat("//\n", 2*maxFileLines)
	root := tree(t, map[string]string{
		"rust/a/tests/a.rs":      long,
		"rust/a/src/a_test.rs":   long,
		"rust/a/src/lib.rs":      "fn a() {}\n\n#[cfg(test)]\nmod tests {\n" + long + "}\n",
		"go/a/a_test.go":         "package a\n" + long,
		"go/a/generated_conf.go": "package a\n" + long,
		"go/a/testdata/b.go":     "package b\n" + long,
	})
	if faults, out := check(t, root, ""); faults != 0 {
		t.Error(out)
	}
}

func TestANameThatHidesABuiltInIsFound(t *testing.T) {
	root := tree(t, map[string]string{"go/a/a.go": "package a\n\ntype A struct{ len int }\n\nfunc (A) append() {}\n\nfunc (A) close() {}\n\nfunc b(cap int) {\n\tnew := 1\n\t_ = new\n}\n"})
	faults, out := check(t, root, "")
	if faults != 4 {
		t.Errorf("%d faults\n%s", faults, out)
	}
	for _, name := range []string{":3: len ", ":5: append ", ":9: cap ", ":10: new "} {
		if !strings.Contains(out, name) {
			t.Errorf("%q is missing in\n%s", name, out)
		}
	}
}

func TestAnExceptionIsNamedAndNotedWhenNothingNeedsIt(t *testing.T) {
	root := tree(t, map[string]string{"rust/a/src/lib.rs": rustFunctionOf(80)})
	list := filepath.Join(root, "list")
	if err := os.WriteFile(list, []byte("# why\nrust/a/src/lib.rs:long # one table\nrust/gone.rs\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	faults, out := check(t, root, list)
	if faults != 0 || !strings.Contains(out, "note: rust/gone.rs ") {
		t.Errorf("%d faults\n%s", faults, out)
	}
}

func TestASixthLongFunctionIsNotExcepted(t *testing.T) {
	for count, want := range map[int]int{maxExceptions: 0, maxExceptions + 1: 1} {
		files, list := map[string]string{}, ""
		for i := range count {
			path := "rust/a/src/" + string(rune('a'+i)) + ".rs"
			files[path] = rustFunctionOf(80)
			list += path + ":long\n"
		}
		files["list"] = list
		root := tree(t, files)
		if faults, out := check(t, root, filepath.Join(root, "list")); faults != want {
			t.Errorf("%d listed: %d faults\n%s", count, faults, out)
		}
	}
}
