// Command run shows the built Collector at work: it starts it on free loopback ports, sends it recorded traces over
// OTLP, receives what comes out, and prints each violation. With -serve it leaves the Collector running instead.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/betracehq/betrace/go/e2e/backend"
	"github.com/betracehq/betrace/go/e2e/collector"
	"github.com/betracehq/betrace/go/e2e/recorded"
	"github.com/betracehq/betrace/go/e2e/violation"
	"github.com/betracehq/betrace/go/e2e/wire"
)

type options struct {
	collector, config, rules, traces string
	protocol                         string
	idle                             time.Duration
	patience                         time.Duration
	serve                            bool
}

func main() {
	var o options
	flag.StringVar(&o.collector, "collector", "dist/otelcol-betrace", "the built Collector")
	flag.StringVar(&o.config, "config", "testdata/config.yaml", "its configuration")
	flag.StringVar(&o.rules, "rules", "testdata/rules", "rule file or folder")
	flag.StringVar(&o.traces, "traces", "testdata/traces", "recorded traces: file or folder")
	flag.StringVar(&o.protocol, "protocol", "grpc", "OTLP transport to the Collector: grpc or http")
	flag.DurationVar(&o.idle, "idle-timeout", 2*time.Second, "a trace closes when no span of it came for so long")
	flag.DurationVar(&o.patience, "patience", time.Minute, "how long to wait for the last verdicts after everything is sent")
	flag.BoolVar(&o.serve, "serve", false, "do not send traces; run until interrupted and print violations as they come")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := replay
	if o.serve {
		run = serve
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// start runs the Collector between ports and the backend.
func start(ctx context.Context, o options, ports collector.Ports, sink *wire.Sink, log io.Writer) (*collector.Collector, error) {
	rules, err := filepath.Abs(o.rules)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(rules); err != nil {
		return nil, fmt.Errorf("RULES: %w", err)
	}
	return collector.Start(ctx, collector.Options{
		Binary: o.collector, Config: o.config, Ports: ports, Log: log,
		Env: []string{"BETRACE_RULES=" + rules, "BETRACE_IDLE_TIMEOUT=" + o.idle.String(), "BETRACE_BACKEND=" + sink.Address()},
	})
}

// stop ends the Collector, which flushes what it holds, whatever became of the context.
func stop(ctx context.Context, running *collector.Collector) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return running.Stop(ctx)
}

func replay(ctx context.Context, o options) (err error) {
	files, err := recorded.Files(o.traces)
	if err != nil {
		return fmt.Errorf("TRACES: %w", err)
	}
	behind := backend.New()
	sink, err := wire.OpenSink(behind.Receive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	ports, err := collector.FreePorts()
	if err != nil {
		return err
	}
	running, err := start(ctx, o, ports, sink, nil)
	if err != nil {
		return err
	}
	fmt.Printf("The Collector runs: OTLP gRPC %s, OTLP HTTP %s, rules %s\n", ports.GRPC, ports.HTTP, o.rules)

	sent, sendErr := send(ctx, o, ports, behind, files)
	if sendErr == nil {
		fmt.Printf("Sent; waiting for the last traces to close (idle for %s) ...\n\n", o.idle)
		sendErr = running.WaitDecided(ctx, o.patience+o.idle)
	}
	if err := errors.Join(sendErr, stop(ctx, running)); err != nil {
		return err
	}
	violations := behind.Violations()
	slices.SortStableFunc(violations, func(a, b violation.Violation) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	for _, v := range violations {
		if err := v.Print(os.Stdout, behind.Describe); err != nil {
			return err
		}
	}
	fmt.Printf("%d spans in, %d spans out, %d violations\n", sent, behind.Spans(), len(violations))
	if sent != behind.Spans() {
		return fmt.Errorf("%d spans went in and %d came out", sent, behind.Spans())
	}
	return nil
}

// send sends the files, one request after another, and returns how many spans it sent.
func send(ctx context.Context, o options, ports collector.Ports, behind *backend.Backend, files []string) (spans int, err error) {
	var sender wire.Sender
	switch o.protocol {
	case "grpc":
		if sender, err = wire.DialGRPC(ports.GRPC); err != nil {
			return 0, err
		}
	case "http":
		sender = wire.DialHTTP(ports.HTTP)
	default:
		return 0, fmt.Errorf("unknown protocol %q: grpc or http", o.protocol)
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	for _, file := range files {
		before := spans
		err := recorded.Read(file, func(traces ptrace.Traces) error {
			behind.Expect(traces)
			// Counted first: the sender takes the data away.
			count := traces.SpanCount()
			if err := sender.Send(ctx, traces); err != nil {
				return err
			}
			spans += count
			return nil
		})
		if err != nil {
			return spans, err
		}
		fmt.Printf("  sent %6d spans of %s\n", spans-before, file)
	}
	return spans, nil
}

func serve(ctx context.Context, o options) (err error) {
	behind := backend.New()
	behind.OnViolation = func(v violation.Violation) {
		if err := v.Print(os.Stdout, behind.Describe); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
		}
	}
	sink, err := wire.OpenSink(behind.Receive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	ports, err := collector.UsualPorts()
	if err != nil {
		return err
	}
	running, err := start(ctx, o, ports, sink, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Printf(`The Collector runs with the rules of %s.
  OTLP gRPC  %s
  OTLP HTTP  http://%s
  health     http://%s
  metrics    http://%s/metrics
Send it traces, for instance:  OTEL_EXPORTER_OTLP_ENDPOINT=http://%s your-application
Violations are printed here as they come. Ctrl-C ends it.

`, o.rules, ports.GRPC, ports.HTTP, ports.Health, ports.Metrics, ports.HTTP)
	select {
	case <-ctx.Done():
	case <-running.Exited():
		return errors.New("the Collector ended by itself")
	}
	if err := stop(ctx, running); err != nil {
		return err
	}
	fmt.Printf("%d spans out, %d violations\n", behind.Spans(), len(behind.Violations()))
	return nil
}
