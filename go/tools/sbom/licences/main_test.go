package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// moduleWith is a module cache that holds one module with one licence file.
func moduleWith(t *testing.T, licence string) (cache string) {
	t.Helper()
	cache = t.TempDir()
	folder := filepath.Join(cache, "example.org", "!some", "module@v1.0.0")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if licence != "" {
		if err := os.WriteFile(filepath.Join(folder, "LICENSE"), []byte(licence), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cache
}

func TestALicenceIsTakenOrNamed(t *testing.T) {
	own, err := os.ReadFile("../../../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	licences, err := of(moduleWith(t, string(own)), "example.org/Some/module", "v1.0.0")
	if err != nil || judge(licences) != nil {
		t.Errorf("the licence of this repository: %v, %v", licences, err)
	}
	for _, text := range []string{"", "All rights reserved; you may do nothing with this, ever, anywhere."} {
		if licences, err := of(moduleWith(t, text), "example.org/Some/module", "v1.0.0"); err == nil && judge(licences) == nil {
			t.Errorf("%q is taken for %v", text, licences)
		}
	}
	if err := judge([]string{"AGPL-3.0"}); err == nil || !strings.Contains(err.Error(), "AGPL-3.0") {
		t.Errorf("AGPL-3.0: %v", err)
	}
	if lookedAt("golang.org/x/net") == "" || lookedAt("golang.org/y") != "" {
		t.Error("modules that were looked at are found by their beginning")
	}
}
