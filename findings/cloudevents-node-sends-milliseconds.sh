#!/bin/bash
# An event of CloudEvents that Node's SDK sends has another time than the one that it was made with: cut to milliseconds and turned to
# UTC, though the object still shows the text it was given. The one that it receives is cut as well. Python's SDK keeps the
# microseconds and the time zone.
#
# Why it matters to who writes rules: events are joined to spans by time, or shown as evidence of what was first. Two events within
# a millisecond tie behind a service in Node, and a time that was signed or hashed as text is another text.
#
# Expectation: `time` is an RFC 3339 timestamp whose precision is the producer's; who passes an event on passes it on as it came.
# Versions: cloudevents 10.0.0 (Node), cloudevents 2.2.0 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0 >/dev/null
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check cloudevents==2.2.0

cat > probe.cjs <<'JS'
const { CloudEvent, HTTP } = require('cloudevents');
const time = '2026-11-30T12:00:00.123456+02:00';
const event = new CloudEvent({ id: '1', source: '/shop', type: 'order.charged', time, data: {} });
console.log(`made ${event.time}`);
console.log(`sent, a header each ${HTTP.binary(event).headers['ce-time']}`);
console.log(`sent, one document ${JSON.parse(HTTP.structured(event).body).time}`);
const headers = { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/shop', 'ce-type': 'order.charged' };
console.log(`received ${HTTP.toEvent({ headers: { ...headers, 'ce-time': time }, body: '{}' }).time}`);
JS
cat > probe.py <<'PY'
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event

headers = {"content-type": "application/json", "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "order.charged"}
event = from_http_event(HTTPMessage({**headers, "ce-time": "2026-11-30T12:00:00.123456+02:00"}, b"{}"))
print("received and sent", to_binary_event(event).headers["ce-time"])
PY
seen="Node:
$(node probe.cjs)
Python:
$(v/bin/python probe.py)"

echo "cloudevents 10.0.0 (Node), 2.2.0 (Python): an event of 2026-11-30T12:00:00.123456+02:00"
echo "expected: that time, everywhere"
echo "seen:"; echo "$seen"
[ "$seen" = "Node:
made 2026-11-30T12:00:00.123456+02:00
sent, a header each 2026-11-30T10:00:00.123Z
sent, one document 2026-11-30T10:00:00.123Z
received 2026-11-30T10:00:00.123Z
Python:
received and sent 2026-11-30T12:00:00.123456+02:00" ] || { echo "the behaviour changed"; exit 1; }
