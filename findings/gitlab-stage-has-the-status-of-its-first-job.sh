#!/bin/bash
# The Collector's receiver for GitLab's webhooks makes a span of a pipeline, one of each stage and one of each job. A stage has the
# status of whichever of its jobs the event names first: one whose second job failed is OK, and one whose first job failed, as it was
# allowed to, is ERROR. And a pipeline of which one job is run again is two traces: the jobs that were not run again are in both.
#
# Why it matters to who writes rules: "nothing is released after a stage that failed" holds or fires by the order of jobs, and "a
# deployment is run once" counts one that went well twice where the test beside it was run again.
#
# Expectation: a stage failed where a job that must not fail did, as GitLab shows it; and what ran once is one span.
# Versions: Collector contrib gitlabreceiver v0.158.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/open-telemetry/opentelemetry-collector-contrib/receiver/gitlabreceiver@v0.158.0 \
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

	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/gitlabreceiver"
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

func job(id int, stage, name, status string, allowed bool, minute int) string {
	return fmt.Sprintf(`{"id":%d,"stage":%q,"name":%q,"status":%q,"allow_failure":%t,"created_at":"2026-01-01 10:00:00 UTC",
		"started_at":"2026-01-01 10:%02d:00 UTC","finished_at":"2026-01-01 10:%02d:30 UTC"}`, id, stage, name, status, allowed, minute, minute)
}

func pipeline(status string, finished int, jobs ...string) string {
	return fmt.Sprintf(`{"object_kind":"pipeline","object_attributes":{"id":7,"name":"shop","ref":"main","sha":"1a2b","status":%q,
		"created_at":"2026-01-01 10:00:00 UTC","finished_at":"2026-01-01 10:%02d:00 UTC"},
		"project":{"id":1,"name":"shop","path_with_namespace":"acme/shop"},"commit":{"id":"1a2b"},"builds":[%s]}`, status, finished, strings.Join(jobs, ","))
}

func main() {
	ctx := context.Background()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	address := free.Addr().String()
	must(free.Close())
	factory := gitlabreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	must(confmap.NewFromStringMap(map[string]any{"webhook": map[string]any{"endpoint": address}}).Unmarshal(config))
	sink := new(consumertest.TracesSink)
	receiver, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(factory.Type()), config, sink)
	must(err)
	must(receiver.Start(ctx, componenttest.NewNopHost()))
	lint := job(1, "check", "lint", "failed", true, 1)
	deploy := job(2, "deploy", "deploy", "success", false, 2)
	for _, body := range []string{
		pipeline("failed", 5, lint, job(4, "check", "types", "success", false, 1), deploy, job(3, "deploy", "smoke test", "failed", false, 3)),
		pipeline("success", 9, lint, job(4, "check", "types", "success", false, 1), deploy, job(5, "deploy", "smoke test", "success", false, 8)),
	} {
		request, err := http.NewRequest("POST", "http://"+address+"/events", strings.NewReader(body))
		must(err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("User-Agent", "GitLab/18.0")
		request.Header.Set("X-Gitlab-Event", "Pipeline Hook")
		request.Header.Set("X-Gitlab-Instance", "http://gitlab.test")
		request.Header.Set("X-Gitlab-Webhook-UUID", "1")
		request.Header.Set("X-Gitlab-Event-UUID", "1")
		request.Header.Set("Idempotency-Key", "1")
		answer, err := http.DefaultClient.Do(request)
		must(err)
		if answer.StatusCode != http.StatusOK {
			panic(answer.Status)
		}
		must(answer.Body.Close())
	}
	must(receiver.Shutdown(ctx))
	seen := map[string]string{}
	for number, traces := range sink.AllTraces() {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					what := "stage "
					if _, has := span.Attributes().Get("cicd.pipeline.task.name"); has {
						what = "job "
					} else if span.ParentSpanID().IsEmpty() {
						what = "pipeline "
					}
					seen[what+span.Name()] += fmt.Sprintf(" trace %d %s", number+1, span.Status().Code())
				}
			}
		}
	}
	for _, name := range []string{"pipeline shop", "stage check", "job lint", "job types", "stage deploy", "job deploy", "job smoke test"} {
		fmt.Println(name + ":" + seen[name])
	}
}
GO
seen=$(nice go run .)

echo "gitlabreceiver v0.158.0: a pipeline whose last job failed and was run again; lint is allowed to fail"
echo "expected: deploy is Error at first, check is not, and 'job deploy', which ran once, is one span"
echo "seen:"; echo "$seen"
[ "$seen" = 'pipeline shop: trace 1 Error trace 2 Ok
stage check: trace 1 Error trace 2 Error
job lint: trace 1 Error trace 2 Error
job types: trace 1 Ok trace 2 Ok
stage deploy: trace 1 Ok trace 2 Ok
job deploy: trace 1 Ok trace 2 Ok
job smoke test: trace 1 Error trace 2 Ok' ] || { echo "the behaviour changed"; exit 1; }
