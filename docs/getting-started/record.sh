#!/usr/bin/env bash
# Runs the two programs as docs/getting-started.md says, in an environment of its own, and holds that both rules fire.
# Usage: record.sh BETRACE [FOLDER]; with a folder the recordings are left there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
betrace=$(realpath "$1")
leave=$(realpath "${2:-.}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here"/shop.py "$here"/agent.py "$here"/requirements.txt "$folder"
cd "$folder"
python3 -m venv env
export PATH="$folder/env/bin:$PATH"
pip install --quiet --disable-pip-version-check -r requirements.txt

# Nothing listens there yet; what is in the way makes the program end, and the loop below with it.
port=18417
export OTEL_TRACES_EXPORTER=otlp_json_file OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_BSP_SCHEDULE_DELAY=100
OTEL_SERVICE_NAME=shop opentelemetry-instrument flask --app shop run --port $port > shop.out 2> shop.err &
shop=$!
trap 'kill $shop 2>/dev/null || true; rm -rf "$folder"' EXIT
until curl --silent --fail "http://127.0.0.1:$port/orders/7" > answer; do
  kill -0 $shop || { cat shop.err; exit 1; }
  sleep 0.2
done
until grep -q resourceSpans shop.out; do
  kill -0 $shop || { cat shop.err; exit 1; }
  sleep 0.2
done
kill $shop
wait $shop 2>/dev/null || true
grep resourceSpans shop.out > shop.jsonl

OTEL_SERVICE_NAME=mailer opentelemetry-instrument python agent.py > agent.out
grep resourceSpans agent.out > agent.jsonl

# Paths of this run say nothing.
sed -i "s#$folder/env/lib/[^/]*/site-packages/##g; s#$folder/##g" shop.jsonl agent.jsonl

fires() {
  "$betrace" replay --rules "$here/../../rules" "$1" > told || [ $? = 1 ]
  grep -q "^violated $2 " told || { echo "$2 does not fire on $1:"; cat told; exit 1; }
  echo "$2 fires on $1"
}
fires shop.jsonl sre-hidden-failure
fires agent.jsonl ai-tool-needs-approval
if [ $# -gt 1 ]; then cp shop.jsonl agent.jsonl "$leave"; fi
