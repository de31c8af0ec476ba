#!/bin/bash
# gorm sends a query and its values to the database apart from each other. Its plugin for OpenTelemetry writes them into one text by
# default: `db.query.text` of "name = ?" is `name = "Ada"`, with the values of inserts and of a query by hand too. And a write that
# is rolled back, or never sent as the session is a dry run, is a CLIENT span as of one that holds: there is none of COMMIT or ROLLBACK.
#
# Why it matters to who writes rules: "no name of a patient in telemetry" is violated by each query; every text is another one, so that
# counts of equal queries (n plus one) find nothing; and "what was written was approved" asks it of what was not written.
#
# Expectation: the conventions: the text as it was sent, with its placeholders, and values only where one asks for them.
# Versions: gorm.io/plugin/opentelemetry v0.1.16, gorm.io/gorm v1.31.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get gorm.io/plugin/opentelemetry@v0.1.16 gorm.io/gorm@v1.31.2 github.com/glebarez/sqlite@v1.11.0 \
  go.opentelemetry.io/otel/sdk@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"errors"
	"fmt"

	"github.com/glebarez/sqlite"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/plugin/opentelemetry/tracing"
)

type Patient struct {
	ID   uint
	Name string
}

func main() {
	for _, way := range []string{"as it comes", "without variables"} {
		spans := tracetest.NewSpanRecorder()
		options := []tracing.Option{tracing.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))}
		if way == "without variables" {
			options = append(options, tracing.WithoutQueryVariables())
		}
		db, err := gorm.Open(sqlite.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
		if err == nil {
			err = db.AutoMigrate(&Patient{})
		}
		if err == nil {
			err = db.Use(tracing.NewPlugin(options...))
		}
		if err != nil {
			panic(err)
		}
		show := func(what string) {
			for _, span := range spans.Ended() {
				for _, pair := range span.Attributes() {
					if pair.Key == "db.query.text" {
						fmt.Printf("%s, %s: %s %s, %s\n", way, what, span.Name(), span.Status().Code, pair.Value.AsString())
					}
				}
			}
			spans.Reset()
		}
		db.Create(&Patient{Name: "Ada"})
		show("insert")
		db.Exec("UPDATE patients SET name = ? WHERE id = ?", "Eve", 1)
		show("by hand")
		_ = db.Transaction(func(within *gorm.DB) error {
			within.Create(&Patient{Name: "Bob"})
			return errors.New("not today")
		})
		show("rolled back")
		db.Session(&gorm.Session{DryRun: true}).Create(&Patient{Name: "Cy"})
		show("dry run")
		var rows int64
		db.Model(&Patient{}).Count(&rows)
		fmt.Printf("%s: %d row in the table\n", way, rows)
	}
}
GO
seen=$(nice go run . 2>/dev/null)

echo "gorm.io/plugin/opentelemetry v0.1.16: an insert, a query by hand, an insert that is rolled back, and one of a dry run"
echo "expected: placeholders, and spans of what was written"
echo "seen:"; echo "$seen"
[ "$seen" = "as it comes, insert: insert patients Unset, INSERT INTO \`patients\` (\`name\`) VALUES (\"Ada\") RETURNING \`id\`
as it comes, by hand: gorm.Raw Unset, UPDATE patients SET name = \"Eve\" WHERE id = 1
as it comes, rolled back: insert patients Unset, INSERT INTO \`patients\` (\`name\`) VALUES (\"Bob\") RETURNING \`id\`
as it comes, dry run: insert patients Unset, INSERT INTO \`patients\` (\`name\`) VALUES (\"Cy\") RETURNING \`id\`
as it comes: 1 row in the table
without variables, insert: insert patients Unset, INSERT INTO \`patients\` (\`name\`) VALUES (?) RETURNING \`id\`
without variables, by hand: gorm.Raw Unset, UPDATE patients SET name = ? WHERE id = ?
without variables, rolled back: insert patients Unset, INSERT INTO \`patients\` (\`name\`) VALUES (?) RETURNING \`id\`
without variables, dry run: insert patients Unset, INSERT INTO \`patients\` (\`name\`) VALUES (?) RETURNING \`id\`
without variables: 1 row in the table" ] || { echo "the behaviour changed"; exit 1; }
