#!/bin/bash
# A transaction of PostgreSQL in which a statement failed is rolled back by its COMMIT, which PostgreSQL answers with the word ROLLBACK
# and no error. pgx makes an error of that for the program ("commit unexpectedly resulted in rollback"); the span that otelpgx makes is
# called COMMIT, is UNSET and has no event, as one that stored everything.
#
# Why it matters to who writes rules: "an order that is confirmed was committed" holds where a service goes on after a statement that failed,
# as one does that takes "it is there already" for no failure, and nothing was stored.
#
# Expectation: the span of a call that failed is an ERROR, or says what became of the transaction.
# What to do: of a COMMIT ask that no statement of its transaction before it is an ERROR; record the error of `tx.Commit` on a span of your own.
# Versions: otelpgx 0.13.0, pgx 5.13.0, OpenTelemetry SDK for Go 1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/exaring/otelpgx@v0.13.0 github.com/jackc/pgx/v5@v5.13.0 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// serve answers statements in PostgreSQL's protocol, and its transactions, as PostgreSQL does; order 1 is stored already.
func serve(listener net.Listener) {
	conn, err := listener.Accept()
	must(err)
	backend := pgproto3.NewBackend(conn, conn)
	_, err = backend.ReceiveStartupMessage()
	must(err)
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	backend.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	const none, open, failed = 'I', 'T', 'E'
	state := byte(none)
	for {
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: state})
		must(backend.Flush())
		message, err := backend.Receive()
		if err != nil {
			return
		}
		query, simple := message.(*pgproto3.Query)
		if !simple {
			return
		}
		done := ""
		switch {
		case query.String == "begin":
			state, done = open, "BEGIN"
		case query.String == "commit" && state == failed:
			state, done = none, "ROLLBACK"
		case query.String == "commit":
			state, done = none, "COMMIT"
		case strings.Contains(query.String, "(1)"):
			state = failed
			backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "23505", Message: "duplicate key value"})
			continue
		default:
			done = "INSERT 0 1"
		}
		backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(done)})
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go serve(listener)
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	config, err := pgx.ParseConfig("postgres://shop@" + listener.Addr().String() + "/shop?sslmode=disable")
	must(err)
	config.Tracer = otelpgx.NewTracer(otelpgx.WithTracerProvider(provider))
	conn, err := pgx.ConnectConfig(context.Background(), config)
	must(err)
	for _, order := range []string{"2", "1"} {
		spans.Reset()
		ctx, request := provider.Tracer("shop").Start(context.Background(), "request")
		transaction, err := conn.Begin(ctx)
		must(err)
		_, stored := transaction.Exec(ctx, "insert into orders values ("+order+")")
		committed := transaction.Commit(ctx)
		request.End()
		fmt.Printf("order %s: stored %v, committed %v\n", order, stored, committed)
		for _, span := range spans.Ended() {
			fmt.Printf("  %s %s, %d events\n", span.Name(), span.Status().Code, len(span.Events()))
		}
	}
}
GO
seen=$(nice go run .)

echo "otelpgx v0.13.0, pgx v5.13.0: an order is stored in a transaction, and one that is there already"
echo "expected: Error of the second COMMIT, as the program has an error"
echo "seen:"; echo "$seen"
[ "$seen" = "order 2: stored <nil>, committed <nil>
  BEGIN Unset, 0 events
  INSERT Unset, 0 events
  COMMIT Unset, 0 events
  request Unset, 0 events
order 1: stored ERROR: duplicate key value (SQLSTATE 23505), committed commit unexpectedly resulted in rollback
  BEGIN Unset, 0 events
  INSERT Error, 1 events
  COMMIT Unset, 0 events
  request Unset, 0 events" ] || { echo "the behaviour changed"; exit 1; }
