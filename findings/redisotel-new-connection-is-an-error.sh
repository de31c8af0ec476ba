#!/bin/bash
# Each connection that go-redis opens begins with questions of its own, which have CLIENT spans beside the program's commands: `hello`, two
# by the name of `client`, and `redis.dial`. An open-source Redis does not know the one (`CLIENT MAINT_NOTIFICATIONS`, of Redis Enterprise),
# one before 7.2, as Debian's, not the other (`CLIENT SETINFO`); the client goes on without, and the spans are ERROR with exceptions.
#
# Why it matters to who writes rules: the first request of each process, and each one that finds the pool empty, which is when there is
# load, has up to two ERRORs and four calls more: "a failed call is retried" and "at most two calls to Redis" are violated by it.
#
# Expectation: what a client tries and does without is no failure, and a command is a span.
# What to do, run here: settings of the client, and `WithDialFilter`; `hello` stays.
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

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// ask makes a client with these options and asks for a name by each of two connections, by the second twice.
func ask(what string, options *redis.Options, of ...redisotel.TracingOption) {
	ctx := context.Background()
	options.Network, options.Addr = "unix", os.Args[1]
	spans := tracetest.NewSpanRecorder()
	client := redis.NewClient(options)
	defer client.Close()
	of = append(of, redisotel.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans))))
	if err := redisotel.InstrumentTracing(client, of...); err != nil {
		panic(err)
	}
	first, second := client.Conn(), client.Conn()
	defer first.Close()
	defer second.Close()
	for i, conn := range []*redis.Conn{first, second, second} {
		spans.Reset()
		name, err := conn.Get(ctx, "name").Result()
		fmt.Printf("%s, request %d: %s %v,", what, i+1, name, err)
		for _, span := range spans.Ended() {
			fmt.Printf(" [%s %s]", span.Name(), span.Status().Code)
		}
		fmt.Println()
	}
}

func main() {
	ready := redis.NewClient(&redis.Options{Network: "unix", Addr: os.Args[1], MaxRetries: 50})
	if err := ready.Set(context.Background(), "name", "Ada", 0).Err(); err != nil { // waits for the server, by its retries
		panic(err)
	}
	ask("by default", &redis.Options{})
	ask("as set", &redis.Options{
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}, redisotel.WithDialFilter(true))
}
GO
seen=$(nice go run . "$work/socket")

echo "redisotel and go-redis v9.23.0: three requests that ask Redis for a name, the first two on a connection that is opened for them"
echo "expected: a span get each time, and no Error"
echo "seen:"; echo "$seen"
[ "$seen" = 'by default, request 1: Ada <nil>, [redis.dial Unset] [hello Unset] [client Error] [redis.pipeline client Error] [get Unset]
by default, request 2: Ada <nil>, [redis.dial Unset] [hello Unset] [redis.pipeline client Error] [get Unset]
by default, request 3: Ada <nil>, [get Unset]
as set, request 1: Ada <nil>, [hello Unset] [get Unset]
as set, request 2: Ada <nil>, [hello Unset] [get Unset]
as set, request 3: Ada <nil>, [get Unset]' ] || { echo "the behaviour changed"; exit 1; }
