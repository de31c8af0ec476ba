#!/bin/bash
# A "+" in a baggage value survives from Go to Go but arrives as a space in Python: Go writes the sign as it is, Python
# decodes the header as if it were a web form. A user "ann+test" becomes "ann test" half-way through one trace.
#
# Why it matters to who writes rules: baggage copied on spans (user, tenant, session) is what ties spans of several
# services together. "All spans of one trace name the same user" is broken by the format, not by the program.
#
# Expectation: W3C Baggage encodes values with percent signs, and a "+" is one of the characters that need none.
# Versions: OpenTelemetry API for Go v1.47.0, opentelemetry-api (Python) 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-api==1.45.1
export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/otel@v1.47.0 2>/dev/null

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
)

func main() {
	user, err := baggage.NewMemberRaw("user", "ann+test")
	if err != nil {
		panic(err)
	}
	bag, err := baggage.New(user)
	if err != nil {
		panic(err)
	}
	carrier := propagation.MapCarrier{}
	propagation.Baggage{}.Inject(baggage.ContextWithBaggage(context.Background(), bag), carrier)
	back := baggage.FromContext(propagation.Baggage{}.Extract(context.Background(), carrier))
	fmt.Printf("%s\n%s\n", carrier["baggage"], back.Member("user").Value())
}
GO
sent=$(nice go run .)
header=$(echo "$sent" | head -1)
in_go=$(echo "$sent" | tail -1)
in_python=$(v/bin/python -c '
import sys
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
print(baggage.get_baggage("user", W3CBaggagePropagator().extract({"baggage": sys.argv[1]})))' "$header")

echo "Go v1.47.0 sends the baggage user=ann+test"
echo "expected: ann+test in every service"
echo "seen: header '$header'; Go reads '$in_go', Python 1.45.1 reads '$in_python'"
[ "$header|$in_go|$in_python" = "user=ann+test|ann+test|ann test" ] || { echo "the behaviour changed"; exit 1; }
