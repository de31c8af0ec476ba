#!/bin/bash
# The span of a pipeline of go-redis has the outcome of its first answer that is no success, and a key that is not there is one: of a
# pipeline that asks for such a key and then fails to write, the span is UNSET without an event, and so is that of a transaction. In the
# other order it is an ERROR. The program too is told "redis: nil" alone, unless it looks at each command.
#
# Why it matters to who writes rules: "a write that Redis refused is told of" passes over the commonest pipeline there is, which looks
# into a cache first; the same commands in another order are found.
#
# Expectation: a span is an ERROR where one of its commands failed; a missing key, which is no error by itself, hides none.
# What to do, run here: the key that may be missing last; or each command by itself.
# Versions: redisotel 9.23.0, go-redis 9.23.0, OpenTelemetry SDK for Go 1.47.0; Debian's redis-server.
set -eu
work=$(mktemp -d); server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT; cd "$work"
# Redis as Debian packs it, unpacked here and not installed.
apt-get download -q redis-tools liblzf1 libjemalloc2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" redis; done
ln -sf redis-check-rdb redis/usr/bin/redis-server
LD_LIBRARY_PATH=$(echo redis/usr/lib/*-linux-gnu*) redis/usr/bin/redis-server --port 0 --unixsocket "$work/socket" --save '' >log &
server=$!
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/redis/go-redis/v9@v9.23.0 github.com/redis/go-redis/extra/redisotel/v9@v9.23.0 \
  go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// commands leaves out what the client asks for itself on a new connection.
func commands(spans []trace.ReadOnlySpan) (out []trace.ReadOnlySpan) {
	for _, span := range spans {
		if strings.Contains(span.Name(), "get") || strings.Contains(span.Name(), "incr") {
			out = append(out, span)
		}
	}
	return out
}

func main() {
	ctx := context.Background()
	spans := tracetest.NewSpanRecorder()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: os.Args[1], MaxRetries: 50})
	if err := client.Set(ctx, "name", "Ada", 0).Err(); err != nil { // waits for the server, by its retries
		panic(err)
	}
	if err := redisotel.InstrumentTracing(client, redisotel.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))); err != nil {
		panic(err)
	}
	look := func(pipe redis.Pipeliner) { pipe.Get(ctx, "not there") }
	count := func(pipe redis.Pipeliner) { pipe.Incr(ctx, "name") } // a text, which Redis does not count up
	for _, steps := range [][]func(redis.Pipeliner){{look}, {look, count}, {count, look}} {
		for _, run := range []func(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error){client.Pipelined, client.TxPipelined} {
			spans.Reset()
			_, err := run(ctx, func(pipe redis.Pipeliner) error {
				for _, step := range steps {
					step(pipe)
				}
				return nil
			})
			for _, span := range commands(spans.Ended()) {
				fmt.Printf("%s: %s, %d events; the program got %q\n", span.Name(), span.Status().Code, len(span.Events()), err)
			}
		}
	}
	spans.Reset()
	client.Get(ctx, "not there")
	client.Incr(ctx, "name")
	for _, span := range commands(spans.Ended()) {
		fmt.Printf("%s: %s, %d events\n", span.Name(), span.Status().Code, len(span.Events()))
	}
}
GO
seen=$(nice go run . "$work/socket")

echo "redisotel and go-redis v9.23.0: a key that is not there, and a write that Redis refuses, in a pipeline, a transaction and alone"
echo "expected: Error wherever the write is among the commands"
echo "seen:"; echo "$seen"
[ "$seen" = 'redis.pipeline get: Unset, 0 events; the program got "redis: nil"
redis.pipeline multi get exec: Unset, 0 events; the program got "redis: nil"
redis.pipeline get incr: Unset, 0 events; the program got "redis: nil"
redis.pipeline multi get incr exec: Unset, 0 events; the program got "redis: nil"
redis.pipeline incr get: Error, 1 events; the program got "ERR value is not an integer or out of range"
redis.pipeline multi incr get exec: Error, 1 events; the program got "ERR value is not an integer or out of range"
get: Unset, 0 events
incr: Error, 1 events' ] || { echo "the behaviour changed"; exit 1; }
