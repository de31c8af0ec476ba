#!/bin/bash
# The tracer for Robot Framework makes a span with OK of a keyword that was not run, as one in a branch that was not taken, as of
# one that ran and passed. A keyword whose failure the test expects or catches is an ERROR with an event `test.failed`, in a test that
# passed. A skipped test is OK.
#
# Why it matters to who writes rules: "each order is cleaned up" holds by a clean-up that never ran, and counts of what failed in a
# pipeline take in all that was meant to fail.
#
# Expectation: what was not run has no span, or one that its status tells apart; "test failed" is said of tests.
# Versions: robotframework-tracer 0.6.1, robotframework 7.5.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 \
  opentelemetry-exporter-otlp-proto-http==1.45.2 robotframework-tracer==0.6.1 robotframework==7.5

cat > shop.robot <<'ROBOT'
*** Test Cases ***
Refused order is refused
    Run Keyword And Expect Error    refused    Fail    refused
Order that is caught
    TRY
        Fail    refused
    EXCEPT    refused
        Log    refused as it should
    END
Order without clean-up
    IF    False
        Log    clean up
    END
Order for later
    Skip    not yet
ROBOT
cat > probe.py <<'PY'
import gzip
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import robot
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

spans = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path.endswith("/traces"):
            request = ExportTraceServiceRequest.FromString(body)
            spans.extend(span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}/v1/traces"
failed = robot.run("shop.robot", listener="robotframework_tracer.TracingListener", output="NONE", log="NONE", report="NONE", console="quiet")
print(failed, "tests failed")
found = {span.span_id: span for span in spans}


def depth(span):
    return 1 + depth(found[span.parent_span_id]) if span.parent_span_id in found else 0


for span in sorted(spans, key=lambda span: span.start_time_unix_nano):
    said = next(attribute.value.string_value for attribute in span.attributes if attribute.key == "rf.status")
    print("  " * depth(span) + f"{span.name}: {('UNSET', 'OK', 'ERROR')[span.status.code]}, rf.status {said}, {[event.name for event in span.events]}")
PY
# It warns of certificates that it does not need here.
seen=$(v/bin/python -W ignore probe.py 2>/dev/null | grep -v '^Warning: ')

echo "robotframework-tracer 0.6.1, robotframework 7.5: tests that pass, with keywords that fail or do not run, and one that is skipped"
echo "expected: no ERROR, and no OK of what did not run"
echo "seen:"; echo "$seen"
[ "$seen" = "0 tests failed
Shop: OK, rf.status PASS, []
  Refused order is refused: OK, rf.status PASS, []
    Run Keyword And Expect Error refused, Fail, refused: OK, rf.status PASS, []
      Fail refused: ERROR, rf.status FAIL, ['test.failed']
  Order that is caught: OK, rf.status PASS, []
    Fail refused: ERROR, rf.status FAIL, ['test.failed']
    Log refused as it should: OK, rf.status PASS, []
  Order without clean-up: OK, rf.status PASS, []
    Log clean up: OK, rf.status NOT RUN, []
  Order for later: OK, rf.status SKIP, []
    Skip not yet: OK, rf.status SKIP, []" ] || { echo "the behaviour changed"; exit 1; }
