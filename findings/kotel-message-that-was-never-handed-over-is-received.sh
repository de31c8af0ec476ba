#!/bin/bash
# With franz-go's plugin a message has its CONSUMER span `orders receive` once the client holds it, whether it is ever handed to the program:
# of four that were fetched at once, of which the program took one and left, each has a span, UNSET, below its sender. The next
# consumer fetches them again: by then two of them were received twice and handled never. A message of a transaction that was aborted
# is a PRODUCER span as of one that was sent, and a consumer that reads what is committed never sees it.
#
# Why it matters to who writes rules: "each order that is sent is received" holds where nobody handled it, and "received once" is violated by
# each restart and each consumer that joins a group.
#
# Expectation: receive is what hands messages to the program; the hook that ends the span is told whether the message was.
# Versions: kotel 1.7.1, franz-go 1.22.3, kfake 0.0.0-20260918054303-01f206a7e32c, OpenTelemetry SDK for Go 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/twmb/franz-go@v1.22.3 github.com/twmb/franz-go/plugin/kotel@v1.7.1 \
  github.com/twmb/franz-go/pkg/kfake@v0.0.0-20260918054303-01f206a7e32c go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

var (
	ctx    context.Context
	broker *kfake.Cluster
	spans  = tracetest.NewSpanRecorder()
	tracer = kotel.NewTracer(kotel.TracerPropagator(propagation.TraceContext{}),
		kotel.TracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans))))
)

func client(options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append(options, kgo.SeedBrokers(broker.ListenAddrs()...), kgo.DefaultProduceTopic("orders"),
		kgo.WithHooks(kotel.NewKotel(kotel.WithTracer(tracer)).Hooks()...))...)
	must(err)
	return made
}

func order(name string) *kgo.Record {
	return &kgo.Record{Key: []byte(name), Value: []byte(name)}
}

// show says which spans ended since, with the order and the status of each.
func show(what string) {
	var lines []string
	for _, span := range spans.Ended() {
		line := span.Name()
		for _, attribute := range span.Attributes() {
			if attribute.Key == "messaging.kafka.message.key" {
				line += " " + attribute.Value.AsString()
			}
		}
		lines = append(lines, fmt.Sprintf("[%s %s]", line, span.Status().Code))
	}
	slices.Sort(lines)
	fmt.Println(what, lines)
	spans.Reset()
}

func main() {
	var stop context.CancelFunc
	ctx, stop = context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	var err error
	broker, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	must(err)
	defer broker.Close()

	sender := client()
	must(sender.ProduceSync(ctx, order("1"), order("2"), order("3"), order("4")).FirstErr())
	sender.Close()
	show("sent:")
	for _, name := range []string{"first consumer:", "second consumer:"} {
		consumer := client(kgo.ConsumerGroup("shop"), kgo.ConsumeTopics("orders"), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		fetched := consumer.PollRecords(ctx, 1)
		must(fetched.Err())
		fetched.EachRecord(func(record *kgo.Record) {
			_, span := tracer.WithProcessSpan(record)
			span.End()
			must(consumer.CommitRecords(ctx, record))
		})
		consumer.Close()
		show(name)
	}
	sender = client(kgo.TransactionalID("shop"))
	must(sender.BeginTransaction())
	must(sender.ProduceSync(ctx, order("5")).FirstErr())
	must(sender.EndTransaction(ctx, kgo.TryAbort))
	sender.Close()
	show("sent and taken back:")
}
GO
seen=$(nice go run .)

echo "kotel v1.7.1, franz-go v1.22.3: four orders are sent, of which two consumers take one each; a fifth is sent and taken back"
echo "expected: one receive for each consumer, and no publish that looks as sent of the fifth"
echo "seen:"; echo "$seen"
[ "$seen" = "sent: [[orders publish 1 Unset] [orders publish 2 Unset] [orders publish 3 Unset] [orders publish 4 Unset]]
first consumer: [[orders process 1 Unset] [orders receive 1 Unset] [orders receive 2 Unset] [orders receive 3 Unset] [orders receive 4 Unset]]
second consumer: [[orders process 2 Unset] [orders receive 2 Unset] [orders receive 3 Unset] [orders receive 4 Unset]]
sent and taken back: [[orders publish 5 Unset]]" ] || { echo "the behaviour changed"; exit 1; }
