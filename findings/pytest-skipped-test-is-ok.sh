#!/bin/bash
# In the traces of pytest-opentelemetry a test that was skipped has the status OK and the attributes of one that passed, and so
# has a test that fails as it is marked to. A test whose fixture fails while it is put away, an error in pytest's summary and
# in its exit code, is OK as well, with the exception as an event, and the span of the whole run is OK above it.
#
# Why it matters to who writes rules: "each release runs its acceptance tests, and they pass" is met by skipping them all, and
# `status == ERROR` does not find every run that failed.
#
# Expectation: what pytest tells apart in its summary is told apart in the trace; OK is for what was run and went well.
# Versions: pytest-opentelemetry 1.1.0, pytest 9.2.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 pytest==9.2.0 pytest-opentelemetry==1.1.0

mkdir tests
cat > tests/test_orders.py <<'PY'
import pytest


@pytest.fixture
def shop():
    yield
    raise ValueError("the shop does not close")


def test_passes():
    pass


def test_skipped():
    pytest.skip("not today")


@pytest.mark.xfail
def test_expected_to_fail():
    assert 1 == 2


def test_put_away(shop):
    pass
PY
cat > tests/conftest.py <<'PY'
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor


def line(span):
    kinds = sorted(set(span.attributes) - {"code.filepath", "code.function", "code.lineno", "pytest.nodeid", "pytest.span_type"})
    return f"{span.name.split('::')[-1]}: {span.status.status_code.name} with {len(span.events)} events, further attributes {kinds}\n"


lines = open("spans.txt", "w")
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=lines, formatter=line)))
trace.set_tracer_provider(provider)
PY
OTEL_TRACES_EXPORTER=none v/bin/python -m pytest -q --export-traces -p no:cacheprovider tests > told.txt 2>&1 && code=0 || code=$?
seen=$(echo "pytest: exit code $code, $(tail -1 told.txt | sed 's/ in .*//')"; grep -E '^(test_|test run)' spans.txt)

echo "pytest-opentelemetry 1.1.0, pytest 9.2.0: spans of one run"
echo "expected: OK for what passed alone"
echo "seen:"; echo "$seen"
[ "$seen" = "pytest: exit code 1, 2 passed, 1 skipped, 1 xfailed, 1 error
test_passes: OK with 0 events, further attributes []
test_skipped: OK with 0 events, further attributes []
test_expected_to_fail: OK with 0 events, further attributes []
test_put_away: OK with 1 events, further attributes []
test run: OK with 0 events, further attributes []" ] || { echo "the behaviour changed"; exit 1; }
