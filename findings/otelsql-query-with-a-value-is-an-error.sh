#!/bin/bash
# A query with a value (`WHERE id = ?`) that a Go program sends to MySQL goes well and is three spans of otelsql, of which the first is
# an ERROR with an exception event: MySQL's driver says by an error (driver.ErrSkip) that it would rather prepare the query, and
# database/sql does that. All three have the query's text. A query without values is one span, UNSET.
#
# Why it matters to who writes rules: `status == ERROR` is true for each query with a value of a program in which nothing fails, one
# write is counted as three, and two of these spans never reached the tables.
#
# Expectation: one span a query, an ERROR if it failed. What database/sql and its driver agree upon between them is no failure.
# Versions: github.com/XSAM/otelsql v0.44.0, github.com/go-sql-driver/mysql v1.10.1, OpenTelemetry SDK for Go v1.47.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get github.com/XSAM/otelsql@v0.44.0 github.com/go-sql-driver/mysql@v1.10.1 go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/XSAM/otelsql"
	_ "github.com/go-sql-driver/mysql"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// serve is a MySQL that agrees to everything. A packet is three bytes of length, its number, and what it says.
func serve(conn net.Conn) {
	send := func(number byte, body ...byte) { _, _ = conn.Write(append([]byte{byte(len(body)), 0, 0, number}, body...)) }
	fine := []byte{0, 0, 0, 2, 0, 0, 0}
	greeting := append([]byte{10}, "8.0.0\x00\x01\x00\x00\x00saltsalt\x00"...)
	greeting = append(greeting, 0x00, 0x82, 33, 2, 0, 0x08, 0, 21)
	greeting = append(greeting, make([]byte, 10)...)
	send(0, append(greeting, "saltsaltsalt\x00mysql_native_password\x00"...)...)
	head := make([]byte, 4)
	for first := true; ; first = false {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		body := make([]byte, int(head[0])|int(head[1])<<8)
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		switch {
		case first: // who it is
			send(2, fine...)
		case body[0] == 0x16: // a query to prepare: it has number 1, no columns, and one value
			send(1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
			send(2, append([]byte("\x03def\x00\x00\x00\x01?\x00\x0c\x3f\x00"), 0, 0, 0, 0, 0xfd, 0x80, 0, 0, 0, 0)...)
			send(3, 0xfe, 0, 0, 2, 0)
		case body[0] == 0x19: // done with it: no answer
		default:
			send(1, fine...)
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	db, err := otelsql.Open("mysql", "root@tcp("+listener.Addr().String()+")/shop", otelsql.WithTracerProvider(provider))
	if err != nil {
		panic(err)
	}
	show := func(what string, err error) {
		fmt.Printf("%s, error %v:", what, err)
		for _, span := range spans.Ended() {
			if len(span.Attributes()) > 0 {
				fmt.Printf(" [%s %s, %d events, %s]", span.Name(), span.Status().Code, len(span.Events()), span.Attributes()[0].Value.AsString())
			}
		}
		fmt.Println()
		spans.Reset()
	}
	_, err = db.ExecContext(context.Background(), "UPDATE orders SET paid = 1 WHERE id = ?", 7)
	show("with a value", err)
	_, err = db.ExecContext(context.Background(), "UPDATE orders SET paid = 1 WHERE id = 7")
	show("without", err)
}
GO
seen=$(nice go run . 2>/dev/null)

echo "otelsql v0.44.0, go-sql-driver/mysql v1.10.1: an update with a value, one without; both go well"
echo "expected: one span each, Unset"
echo "seen:"; echo "$seen"
[ "$seen" = "with a value, error <nil>: [sql.conn.exec Error, 1 events, UPDATE orders SET paid = 1 WHERE id = ?] [sql.conn.prepare Unset, 0 events, UPDATE orders SET paid = 1 WHERE id = ?] [sql.stmt.exec Unset, 0 events, UPDATE orders SET paid = 1 WHERE id = ?]
without, error <nil>: [sql.conn.exec Unset, 0 events, UPDATE orders SET paid = 1 WHERE id = 7]" ] || { echo "the behaviour changed"; exit 1; }
