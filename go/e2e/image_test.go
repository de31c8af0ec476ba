package e2e

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/betracehq/betrace/go/e2e/backend"
	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/wire"
)

// imageUser is who the image runs as.
const imageUser = 10001

// imageFiles is the folder that the image is built from. `make test` does not build it, and one that lies there may be old.
func imageFiles(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("BETRACE_IMAGE_FILES")
	if folder == "" {
		t.Skip("BETRACE_IMAGE_FILES names no folder of the image's files; `make deploy-test` builds one and runs this")
	}
	if _, err := os.Stat(filepath.Join(folder, "otelcol-betrace")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// In an image from scratch there is no loader and no libc for the binary to find.
func TestTheImagesBinaryIsStatic(t *testing.T) {
	binary, err := elf.Open(filepath.Join(imageFiles(t), "otelcol-betrace"))
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	libraries, err := binary.ImportedLibraries()
	if err != nil || len(libraries) > 0 {
		t.Errorf("it needs %v (%v)", libraries, err)
	}
	for _, part := range binary.Progs {
		if part.Type == elf.PT_INTERP {
			t.Error("it asks for a loader")
		}
	}
}

// The Dockerfile builds without a daemon, into an image that holds the two files and runs as the
// user that the Helm values name.
func TestTheImageBuilds(t *testing.T) {
	files := imageFiles(t)
	if _, err := exec.LookPath("buildah"); err != nil {
		t.Skip("buildah is not installed, so the Dockerfile was not built")
	}
	if os.Getuid() != 0 {
		t.Skip("buildah is run as root here, so the Dockerfile was not built")
	}
	store := t.TempDir()
	buildah := func(arguments ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "buildah", append([]string{
			"--root", filepath.Join(store, "root"), "--runroot", filepath.Join(store, "run"), "--storage-driver", "vfs"}, arguments...)...)
		var problems strings.Builder
		command.Stderr = &problems
		out, err := command.Output()
		if err != nil {
			t.Fatalf("buildah %v: %v\n%s", arguments, err, &problems)
		}
		return strings.TrimSpace(string(out))
	}
	buildah("build", "--isolation", "chroot", "--file", filepath.Join(repository(t), "deploy", "image", "Dockerfile"), "--tag", "betrace-test", files)
	var image struct {
		OCIv1 struct {
			Config struct {
				User       string            `json:"User"`
				Entrypoint []string          `json:"Entrypoint"`
				Cmd        []string          `json:"Cmd"`
				Labels     map[string]string `json:"Labels"`
			} `json:"config"`
		} `json:"OCIv1"`
	}
	if err := json.Unmarshal([]byte(buildah("inspect", "--type", "image", "betrace-test")), &image); err != nil {
		t.Fatal(err)
	}
	config := image.OCIv1.Config
	if config.User != "10001:10001" || !slices.Equal(config.Entrypoint, []string{"/otelcol-betrace"}) ||
		!slices.Equal(config.Cmd, []string{"--config=/conf/relay.yaml"}) || config.Labels["org.opencontainers.image.licenses"] != "Apache-2.0" {
		t.Errorf("the image is configured as %+v", config)
	}
	container := buildah("from", "betrace-test")
	root := buildah("mount", container)
	defer buildah("rm", container)
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		about, err := entry.Info()
		found = append(found, strings.TrimPrefix(path, root)+" "+about.Mode().String())
		return err
	})
	want := []string{"/etc/ssl/certs/ca-certificates.crt -r--r--r--", "/otelcol-betrace -r-xr-xr-x"}
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("it holds %v (%v)", found, err)
	}
}

// The image's binary runs where nothing else is: in an empty root that it may not write to, as user 10001, with the
// configuration that the Helm values make, and its rules and its storage where they mount them. It checks what comes by.
func TestTheImageRunsTheHelmConfigurationInAnEmptyRoot(t *testing.T) {
	files := imageFiles(t)
	if os.Getuid() != 0 {
		t.Skip("only root can enter an empty root here, so the image was not run")
	}
	behind := backend.New()
	sink, err := wire.OpenSink(behind.Receive)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	ports, err := collector.FreePorts()
	if err != nil {
		t.Fatal(err)
	}
	root := emptyRoot(t, files, helmConfiguration(t, "values.yaml", ports, sink.Address()))
	before := listing(t, root)

	running, err := collector.Start(t.Context(), collector.Options{
		Binary: "/otelcol-betrace", Config: "/conf/relay.yaml", Ports: ports, Dir: "/", Env: []string{"GOMEMLIMIT=512MiB"},
		System: &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: imageUser, Gid: imageUser}},
	})
	if err != nil {
		t.Fatal(err)
	}
	grpc, err := wire.DialGRPC(ports.GRPC)
	if err != nil {
		t.Fatal(err)
	}
	defer grpc.Close()
	send(t, grpc, read(t, filepath.Join(shopTraces(t), "retry-storm.jsonl")))
	if err := running.WaitDecided(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	if err := running.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if len(behind.Violations()) == 0 {
		t.Errorf("no violation came out; the Collector printed:\n%s", running.Log())
	}
	if after := listing(t, root); !slices.Equal(before, after) {
		t.Errorf("outside of its storage it wrote: %v became %v", before, after)
	}
	stored, err := os.ReadDir(filepath.Join(root, "var", "lib", "betrace"))
	if err != nil || len(stored) == 0 {
		t.Errorf("the storage on its volume is empty (%v)", err)
	}
}

// helmConfiguration is what the values make of the chart's defaults, with this machine's ports.
func helmConfiguration(t *testing.T, name string, ports collector.Ports, backendAddress string) string {
	t.Helper()
	values, _ := readValues[struct {
		Config map[string]any `yaml:"config"`
	}](t, name)
	var config map[string]any
	if err := yaml.Unmarshal([]byte(chartDefaults), &config); err != nil {
		t.Fatal(err)
	}
	mergeAsHelm(config, values.Config)
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	_, metrics, _ := strings.Cut(ports.Metrics, ":")
	return strings.NewReplacer("127.0.0.1:4317", ports.GRPC, "127.0.0.1:4318", ports.HTTP, "127.0.0.1:13133", ports.Health,
		"8888", metrics, "tempo.observability.svc:4317", backendAddress).Replace(string(text))
}

// emptyRoot lays out what a container sees: the image's files, what Kubernetes mounts, and nothing else.
func emptyRoot(t *testing.T, files, config string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "root")
	// The folders above are this user's alone; the container's user has to pass through them.
	for folder := filepath.Dir(root); folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	rules, err := os.ReadFile(filepath.Join(shopRules(t), "shop.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"conf", "etc/betrace/rules", "etc/ssl/certs", "var/lib/betrace"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Join(root, "var/lib/betrace"), imageUser, imageUser); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string][]byte{"conf/relay.yaml": []byte(config), "etc/betrace/rules/shop.yaml": rules} {
		if err := os.WriteFile(filepath.Join(root, path), text, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"otelcol-betrace": "otelcol-betrace", "ca-certificates.crt": "etc/ssl/certs/ca-certificates.crt"} {
		copyFile(t, filepath.Join(files, from), filepath.Join(root, to))
	}
	return root
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o555); err != nil {
		t.Fatal(err)
	}
}

// listing names every file below a root with its size, but for the volume of the storage.
func listing(t *testing.T, root string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || strings.HasPrefix(path, filepath.Join(root, "var", "lib", "betrace")+"/") {
			return err
		}
		about, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			found = append(found, fmt.Sprintf("%s %d", path, about.Size()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
