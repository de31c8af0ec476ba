#!/bin/bash
# The Collector's receiver for GitHub's webhooks makes spans of runs, jobs and steps. A step that was skipped, as every step under
# `if: failure()` is when all went well, has `cicd.pipeline.run.task.status` "failure", as has one that failed; its status
# is UNSET with the message "success", which is the job's. A job or run that timed out is UNSET, as one that was cancelled.
#
# Why it matters to who writes rules: "no release follows a step that failed" fires for releases that went well; and asked by status
# a build that ran out of time did not fail.
#
# Expectation: "skip", for which the receiver has a word; and ERROR for what timed out.
# Versions: Collector contrib githubreceiver v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/receiver/githubreceiver@v0.158.0 \
  go.opentelemetry.io/collector/receiver/receivertest@v0.158.0 go.opentelemetry.io/collector/consumer/consumertest@v0.158.0 \
  go.opentelemetry.io/collector/component/componenttest@v0.158.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/githubreceiver"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

const times = `"created_at":"2026-01-01T10:00:00Z","started_at":"2026-01-01T10:00:00Z","completed_at":"2026-01-01T10:05:00Z"`

func step(number int, name, conclusion string) string {
	return fmt.Sprintf(`{"number":%d,"name":%q,"status":"completed","conclusion":%q,%s}`, number, name, conclusion, times)
}

func job(name, conclusion string, steps ...string) string {
	return fmt.Sprintf(`{"action":"completed","repository":{"name":"shop","full_name":"acme/shop"},"workflow_job":{"id":1,"run_id":7,
		"run_attempt":1,"name":%q,"status":"completed","conclusion":%q,%s,"steps":[%s]}}`, name, conclusion, times, strings.Join(steps, ","))
}

func run(name, conclusion string) string {
	return fmt.Sprintf(`{"action":"completed","repository":{"name":"shop","full_name":"acme/shop"},"workflow_run":{"id":7,"run_attempt":1,
		"name":%q,"status":"completed","conclusion":%q,"run_started_at":"2026-01-01T10:00:00Z","updated_at":"2026-01-01T10:05:00Z"}}`,
		name, conclusion)
}

func main() {
	ctx := context.Background()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	address := free.Addr().String()
	must(free.Close())
	factory := githubreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"webhook": map[string]any{"endpoint": address}}).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	receiver, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(receiver.Start(ctx, componenttest.NewNopHost()))
	for _, one := range []struct{ kind, body string }{
		{"workflow_job", job("job that went well", "success", step(1, "build", "success"), step(2, "tell who broke it", "skipped"))},
		{"workflow_job", job("job that failed", "failure", step(1, "build of it", "failure"))},
		{"workflow_job", job("job out of time", "timed_out")},
		{"workflow_job", job("cancelled job", "cancelled")},
		{"workflow_run", run("run out of time", "timed_out")},
	} {
		request, err := http.NewRequest("POST", "http://"+address+"/events", strings.NewReader(one.body))
		must(err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("User-Agent", "GitHub-Hookshot/1")
		request.Header.Set("X-GitHub-Event", one.kind)
		request.Header.Set("X-GitHub-Delivery", "1")
		request.Header.Set("X-GitHub-Hook-ID", "1")
		answer, err := http.DefaultClient.Do(request)
		must(err)
		if answer.StatusCode != http.StatusOK {
			panic(answer.Status)
		}
		must(answer.Body.Close())
	}
	must(receiver.Shutdown(ctx))
	for _, traces := range sink.AllTraces() {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					told := "-"
					if value, has := span.Attributes().Get("cicd.pipeline.run.task.status"); has {
						told = value.Str()
					}
					if !strings.HasPrefix(span.Name(), "queue") {
						fmt.Printf("%s: %s %q, task status %s\n", span.Name(), span.Status().Code(), span.Status().Message(), told)
					}
				}
			}
		}
	}
}
GO
seen=$(nice go run .)

echo "githubreceiver v0.158.0: what spans of CI say"
echo "expected: skip of the second step, and Error of what ran out of time"
echo "seen:"; echo "$seen"
[ "$seen" = 'job that went well: Ok "success", task status -
build: Ok "success", task status success
tell who broke it: Unset "success", task status failure
job that failed: Error "failure", task status -
build of it: Error "failure", task status failure
job out of time: Unset "timed_out", task status -
cancelled job: Unset "cancelled", task status -
run out of time: Unset "timed_out", task status -' ] || { echo "the behaviour changed"; exit 1; }
