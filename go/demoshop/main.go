// Command demoshop runs a small shop of services on the OpenTelemetry Go SDK, sends it a bounded amount of
// traffic and exports the spans over OTLP. Its faults are switched on by flags, so that rules have something to find.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/betracehq/betrace/go/demoshop/shop"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demoshop:", err)
		os.Exit(1)
	}
}

func run() error {
	var (
		telemetry shop.Telemetry
		traffic   shop.Traffic
		faults    shop.Faults
	)
	flag.StringVar(&telemetry.Endpoint, "endpoint", "127.0.0.1:4317", "host:port of the OTLP receiver")
	flag.StringVar(&telemetry.Protocol, "protocol", "grpc", "OTLP transport: grpc or http")
	flag.IntVar(&traffic.Requests, "requests", 50, "how many requests shoppers and staff send in all")
	flag.Uint64Var(&traffic.Seed, "seed", 1, "seed of the traffic mix")
	flag.IntVar(&traffic.Shoppers, "shoppers", 4, "how many requests are in flight at once")
	flag.DurationVar(&traffic.Pause, "pause", 20*time.Millisecond, "mean pause between two requests of one shopper")
	flag.BoolVar(&faults.SkipFraudCheck, "skip-fraud-check", false, "payment charges large amounts through a bypass, without the fraud check")
	flag.BoolVar(&faults.MissingAudit, "missing-audit", false, "accounts reads personal data without writing the audit record")
	flag.BoolVar(&faults.RetryStorm, "retry-storm", false, "inventory fails and checkout retries without a limit worth the name")
	flag.BoolVar(&faults.UnauthorisedAccess, "unauthorised-access", false, "the storefront serves admin requests without the admin check")
	flag.BoolVar(&faults.UnapprovedTool, "unapproved-tool", false, "the assistant runs a sensitive tool without approval")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; everything is set by flags, see -help", flag.Arg(0))
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	s, err := shop.Open(ctx, telemetry, faults)
	if err != nil {
		return err
	}
	report := s.Serve(ctx, traffic)
	// The spans of the last requests are still queued: closing gets its own time even after an interrupt.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := s.Close(closing); err != nil {
		return err
	}
	fmt.Printf("%d requests sent, %d failed\n", report.Sent, report.Failed)
	return nil
}
