#!/bin/bash
# Logfire replaces each text, number and truth whose name holds "session", "auth", "cookie" or the like by "[Scrubbed due to 'session']",
# in the spans that it gives to a program's own exporters as well. So `session.id`, an attribute of the conventions, is one
# value for all sessions, `authorized` is never true, and a count called `authorizations` is a text.
#
# Why it matters to who writes rules: `by session.id` puts all users in one group, whose approvals and requests answer each other,
# and `authorized == true` holds for no span. A reason that holds "auth" is gone too.
#
# Expectation: what hides secrets hides texts that look like them, on the way to the maker's own service; a truth or a count is none.
# Versions: logfire 5.4.0. `logfire.configure(scrubbing=False)` leaves all as it is.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check logfire==5.4.0

cat > probe.py <<'PY'
import logfire
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
logfire.configure(send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(spans)])
set_to = [
    {"session.id": "a", "authorized": True, "authorizations": 2, "reason": "author approved", "author": "ann", "enduser.id": "1"},
    {"session.id": "b", "authorized": False, "authorizations": 9, "reason": "authority approved", "author": "bob", "enduser.id": "2"},
]
for attributes in set_to:
    trace.get_tracer("shop").start_span("order", attributes=attributes).end()
found = spans.get_finished_spans()
for key in set_to[0]:
    print(f"{key}: {', '.join(repr(span.attributes[key]) for span in found)}")
PY
seen=$(v/bin/python probe.py 2>/dev/null)

echo "logfire 5.4.0: two orders, as a second exporter gets them"
echo "expected: the values that were set, such as a and b, True and False, 2 and 9"
echo "seen:"; echo "$seen"
[ "$seen" = "session.id: \"[Scrubbed due to 'session']\", \"[Scrubbed due to 'session']\"
authorized: \"[Scrubbed due to 'auth']\", \"[Scrubbed due to 'auth']\"
authorizations: \"[Scrubbed due to 'auth']\", \"[Scrubbed due to 'auth']\"
reason: 'author approved', \"[Scrubbed due to 'auth']\"
author: 'ann', 'bob'
enduser.id: '1', '2'" ] || { echo "the behaviour changed"; exit 1; }
