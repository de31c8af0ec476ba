package collector

import (
	"errors"
	"os"
	"path/filepath"
)

// RepositoryRoot finds the folder of the manifest above the working directory.
func RepositoryRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "otelcol-builder.yaml")); missing == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("not inside the repository: no otelcol-builder.yaml above the working directory")
		}
		dir = up
	}
	return "", err
}
