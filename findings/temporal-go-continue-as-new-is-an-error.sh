#!/bin/bash
# Temporal's Go SDK ends a run of a workflow that goes on as a new one, and an activity that is completed later by somebody else, by
# returning an error. Its interceptor for OpenTelemetry takes them for failures: ERROR, with an exception event.
#
# Why it matters to who writes rules: each long workflow (a subscription, a loop over pages) has one ERROR for each of its runs, and
# each approval that a person gives later another; "a failed order is looked into" is violated by orders that are fine.
#
# Expectation: what Temporal itself counts as "continued as new" and as not yet done is no error.
# Versions: go.temporal.io/sdk v1.51.0, go.temporal.io/sdk/contrib/opentelemetry v0.8.1, OpenTelemetry SDK for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.temporal.io/sdk@v1.51.0 go.temporal.io/sdk/contrib/opentelemetry@v0.8.1 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

var approval []byte

// Approve is answered later, by whoever holds the token.
func Approve(ctx context.Context) error {
	approval = activity.GetInfo(ctx).TaskToken
	return activity.ErrResultPending
}

func Order(ctx workflow.Context, page string) error {
	switch page {
	case "one of many":
		return workflow.NewContinueAsNewError(ctx, Order, "the last")
	case "failing":
		return errors.New("no such order")
	case "approved later":
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, Approve).Get(ctx, nil)
	}
	return nil
}

func main() {
	for _, page := range []string{"the last", "failing", "one of many", "approved later"} {
		spans := tracetest.NewSpanRecorder()
		tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
			Tracer: trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("probe"),
		})
		if err != nil {
			panic(err)
		}
		suite := &testsuite.WorkflowTestSuite{}
		suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
		env := suite.NewTestWorkflowEnvironment()
		env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{tracing}})
		env.RegisterWorkflow(Order)
		env.RegisterActivity(Approve)
		env.RegisterDelayedCallback(func() {
			if page == "approved later" {
				if err := env.CompleteActivity(approval, nil, nil); err != nil {
					panic(err)
				}
			}
		}, time.Second)
		env.ExecuteWorkflow(Order, page)
		fmt.Printf("%s:", page)
		for _, span := range spans.Ended() {
			fmt.Printf(" [%s %s, %d events]", span.Name(), span.Status().Code, len(span.Events()))
		}
		fmt.Println()
	}
}
GO
seen=$(nice go run .)

echo "Temporal's SDK for Go v1.51.0 with its interceptor v0.8.1: a workflow that ends, one that fails, one that goes on, and one with an activity that is completed later"
echo "expected: Error of the failing one alone"
echo "seen:"; echo "$seen"
[ "$seen" = "the last: [RunWorkflow:Order Unset, 0 events]
failing: [RunWorkflow:Order Error, 1 events]
one of many: [RunWorkflow:Order Error, 1 events]
approved later: [StartActivity:Approve Unset, 0 events] [RunActivity:Approve Error, 1 events] [RunWorkflow:Order Unset, 0 events]" ] || { echo "the behaviour changed"; exit 1; }
