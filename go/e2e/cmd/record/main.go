// Command record runs the demo shop against the built Collector, once healthy and once with each fault, and keeps
// what the Collector's file exporter wrote.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/betracehq/betrace/go/e2e/collector"
)

// scenario is one recording of the shop.
type scenario struct {
	name  string
	flags []string
	// packed recordings are kept as zstd; the short ones stay plain, to be read by people.
	packed bool
}

var scenarios = []scenario{
	{"healthy", []string{"-requests", "200", "-seed", "1"}, true},
	{"skipped-fraud-check", []string{"-requests", "15", "-pause", "60ms", "-seed", "2", "-skip-fraud-check"}, false},
	{"missing-audit-record", []string{"-requests", "15", "-pause", "60ms", "-seed", "3", "-missing-audit", "-protocol", "http"}, false},
	{"retry-storm", []string{"-requests", "15", "-pause", "60ms", "-seed", "4", "-retry-storm"}, false},
	{"unauthorised-access", []string{"-requests", "15", "-pause", "60ms", "-seed", "5", "-unauthorised-access", "-protocol", "http"}, false},
	{"unapproved-tool", []string{"-requests", "15", "-pause", "60ms", "-seed", "6", "-unapproved-tool"}, false},
}

func main() {
	binary := flag.String("collector", "dist/otelcol-betrace", "the built Collector")
	demoshop := flag.String("demoshop", "target/bin/demoshop", "the built demo shop")
	config := flag.String("config", "testdata/record.yaml", "the recording configuration")
	out := flag.String("out", "testdata/traces", "folder of the recordings")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, s := range scenarios {
		path, err := s.record(ctx, *binary, *demoshop, *config, *out)
		if err != nil {
			fmt.Fprintf(os.Stderr, "record %s: %v\n", s.name, err)
			os.Exit(1)
		}
		fmt.Println("recorded", path)
	}
}

func (s scenario) record(ctx context.Context, binary, demoshop, config, out string) (string, error) {
	dir, err := os.MkdirTemp("", "betrace-record-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	raw := filepath.Join(dir, "traces.jsonl")
	ports, err := collector.FreePorts()
	if err != nil {
		return "", err
	}
	running, err := collector.Start(ctx, collector.Options{
		Binary: binary, Config: config, Ports: ports, Env: []string{"BETRACE_RECORDING=" + raw},
	})
	if err != nil {
		return "", err
	}
	endpoint := ports.GRPC
	for _, flag := range s.flags {
		if flag == "http" {
			endpoint = ports.HTTP
		}
	}
	shop := exec.CommandContext(ctx, demoshop, append([]string{"-endpoint", endpoint}, s.flags...)...)
	// Variables meant for other SDKs on this machine must not get into the recording.
	shop.Env = []string{"PATH=" + os.Getenv("PATH")}
	shop.Stderr = os.Stderr
	shopErr := shop.Run()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if err := running.Stop(stopping); err != nil {
		return "", err
	}
	if shopErr != nil {
		return "", fmt.Errorf("demoshop: %w", shopErr)
	}
	recording, err := os.ReadFile(raw)
	if err != nil {
		return "", err
	}
	if len(recording) == 0 {
		return "", fmt.Errorf("the Collector recorded nothing:\n%s", running.Log())
	}
	path := filepath.Join(out, s.name+".jsonl")
	if s.packed {
		encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
		if err != nil {
			return "", err
		}
		recording, path = encoder.EncodeAll(recording, nil), path+".zst"
	}
	return path, os.WriteFile(path, recording, 0o644)
}
