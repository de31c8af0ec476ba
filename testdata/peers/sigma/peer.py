"""Writes `traces.jsonl.gz` and `expected.json` beside it: random traces, and in which of them the Sigma rules match that
stand as comments in `rules.yaml`.

    python -m venv sigma && sigma/bin/pip install pysigma==2.0.1 pysigma-backend-sqlite==2.1.1 && sigma/bin/python peer.py

pySigma turns each rule into a query, and SQLite runs it over a table with the spans of one trace. The spans are
points of time, no two of a trace at the same one, since Sigma's events are; texts are in lower case, since Sigma folds it.
"""

import datetime
import gzip
import json
import pathlib
import random
import re
import sqlite3

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

TRACES = 300
BEGIN = 1_700_000_000
HERE = pathlib.Path(__file__).parent
COLUMNS = ["name", "status", "url.path", "user.roles", "user.id", "host.name", "db.query.text", "user_agent.original"]


def rules():
    """The Sigma texts by the id of the rule below them."""
    found = {}
    text = (HERE / "rules.yaml").read_text()
    for comment, name in re.findall(r"((?:  # .*\n)+)  - id: (\S+)\n", text):
        found[name] = "".join(line[4:] + "\n" for line in comment.splitlines())
    return found


def trace(dice):
    spans = []
    for at in sorted(dice.sample(range(1, 60_000), dice.randint(1, 14))):
        span = {"at": at, "name": dice.choice(["api.request", "auth.login", "auth.login", "audit.read"])}
        span["status"] = dice.choice(["error", "error", "unset"])
        for key, values in {
            "url.path": ["/admin/users", "/admin/", "/shop/admin/", "/login.php", "/admin/x.php"],
            "user.roles": ["admin", "operator", "guest", "clerk"],
            "user.id": ["ann", "bob"],
            "host.name": ["h1", "h2", "h3"],
            "db.query.text": ["select password from users", "select 1"],
            "user_agent.original": ["curl/8.1", "firefox", "curl/x"],
        }.items():
            if dice.random() < 0.8:
                span[key] = dice.choice(values)
        spans.append(span)
    return spans


def matches(queries, spans):
    """The rules that find something."""
    database = sqlite3.connect(":memory:")
    database.create_function("REGEXP", 2, lambda pattern, text: text is not None and re.search(pattern, text) is not None)
    columns = ", ".join(f"`{column}` TEXT" for column in COLUMNS)
    database.execute(f"CREATE TABLE logs (timestamp TEXT, {columns})")
    for span in spans:
        moment = datetime.datetime.fromtimestamp(BEGIN, datetime.UTC) + datetime.timedelta(milliseconds=span["at"])
        row = [moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], *(span.get(column) for column in COLUMNS)]
        database.execute(f"INSERT INTO logs VALUES ({', '.join('?' * len(row))})", row)
    return {name for name, of_rule in queries.items() if any(database.execute(query).fetchone() for query in of_rule)}


def otlp(number, spans):
    def attribute(key, value):
        return {"key": key, "value": {"stringValue": value}}

    def span(identifier, name, start, end, more):
        nanos = [str(BEGIN * 10**9 + at * 10**6) for at in (start, end)]
        times = {"startTimeUnixNano": nanos[0], "endTimeUnixNano": nanos[1]}
        return {"traceId": f"{number + 1:032x}", "spanId": f"{identifier:016x}", "name": name, "kind": 1, **times, **more}

    written = [span(0xFFFF, "session", 0, 60_000, {})]
    for identifier, one in enumerate(spans, 1):
        keys = [key for key in COLUMNS[2:] if key in one]
        status = {"status": {"code": 2}} if one["status"] == "error" else {}
        attributes = [attribute(key, one[key]) for key in keys]
        more = {"parentSpanId": f"{0xFFFF:016x}", "attributes": attributes, **status}
        written.append(span(identifier, one["name"], one["at"], one["at"], more))
    resource = {"attributes": [attribute("service.name", "peer")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": written}]}]}


def main():
    dice = random.Random(9)
    texts = rules()
    queries = {name: sqliteBackend().convert(SigmaCollection.from_yaml(text)) for name, text in texts.items()}
    expected = {name: {"violated": []} for name in texts}
    lines = []
    for number in range(TRACES):
        spans = trace(dice)
        for name in matches(queries, spans):
            expected[name]["violated"].append(number)
        lines.append(json.dumps(otlp(number, spans), separators=(",", ":")))
    with open(HERE / "traces.jsonl.gz", "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
        packed.write(("\n".join(lines) + "\n").encode())
    document = {"options": [], "traces": TRACES, "expected": expected}
    (HERE / "expected.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    for name, found in expected.items():
        print(name, len(found["violated"]))


if __name__ == "__main__":
    main()
