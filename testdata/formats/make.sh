#!/bin/bash
# Writes samples/ anew. Real tools of exact versions write what they write for themselves; the shapes of tools that
# cannot run here are written by make/shapes.py. Needs python3, node, go, a JDK and Maven; what it installs stays below
# target/formats. Only the ids and times of the real samples change from run to run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
make=$here/make
samples=$here/samples
work=$here/../../target/formats
mkdir -p "$work" "$samples"

say() { printf '==> %s\n' "$1" >&2; }

say "Shapes of tools that do not run here"
python3 "$make/shapes.py" "$samples"

say "Python: opentelemetry-sdk 1.45.2, chdb 4.4.0, pyarrow 26.0.1"
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install opentelemetry-sdk==1.45.2 chdb==4.4.0 pyarrow==26.0.1
"$work/venv/bin/python" "$make/python_console.py" > "$samples/python-console.json"
(cd "$work" && "$work/venv/bin/python" "$make/clickhouse.py" "$samples")
"$work/venv/bin/python" "$make/spark_columns.py" "$samples"

say "JavaScript: @opentelemetry/sdk-trace-base 2.12.1"
mkdir -p "$work/js"
cp "$make/javascript_console.mjs" "$work/js/"
(cd "$work/js" && npm --silent init -y > /dev/null && npm --silent install --save-exact @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/resources@2.12.1 @opentelemetry/api@1.9.0 > /dev/null)
(cd "$work/js" && node javascript_console.mjs) > "$samples/javascript-console.txt"

say "Go: stdouttrace v1.44.0"
(cd "$make/go" && go run .) > "$samples/go-stdouttrace.jsonl"
(cd "$make/go" && go run . pretty) > "$samples/go-stdouttrace-pretty.json"

say "Java: opentelemetry-exporter-logging-otlp 1.54.1"
rm -rf "$work/java" && cp -r "$make/java" "$work/java"
(cd "$work/java" && mvn -q -B compile dependency:build-classpath -Dmdep.outputFile=classpath.txt)
java -cp "$work/java/target/classes:$(cat "$work/java/classpath.txt")" Sample > "$samples/java-logging.txt" 2>&1
