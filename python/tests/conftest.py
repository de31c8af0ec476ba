"""What tests of the package share: the same recordings as rows, and what the command says of them."""

import json
import os
import pathlib
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rows import ROOT, RULES, rows

TEXTS = pa.map_(pa.string(), pa.string())

COLUMNS = pa.schema(
    [
        ("Timestamp", pa.int64()),
        ("TraceId", pa.string()),
        ("SpanId", pa.string()),
        ("ParentSpanId", pa.string()),
        ("TraceState", pa.string()),
        ("SpanName", pa.string()),
        ("SpanKind", pa.string()),
        ("ServiceName", pa.string()),
        ("ResourceAttributes", TEXTS),
        ("ScopeName", pa.string()),
        ("ScopeVersion", pa.string()),
        ("SpanAttributes", TEXTS),
        ("Duration", pa.int64()),
        ("StatusCode", pa.string()),
        ("StatusMessage", pa.string()),
        ("Events.Timestamp", pa.list_(pa.int64())),
        ("Events.Name", pa.list_(pa.string())),
        ("Events.Attributes", pa.list_(TEXTS)),
    ]
)


def table(found):
    columns = {name: [row[name] for row in found] for name in COLUMNS.names}
    for name in ("ResourceAttributes", "SpanAttributes"):
        columns[name] = [list(texts.items()) for texts in columns[name]]
    columns["Events.Attributes"] = [[list(texts.items()) for texts in one] for one in columns["Events.Attributes"]]
    return pa.Table.from_pydict(columns, schema=COLUMNS)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """A folder of Parquet files in which the spans of a trace lie in all of them."""
    folder = tmp_path_factory.mktemp("recorded")
    found = list(rows())
    for part in range(7):
        pq.write_table(table(found[part::7]), folder / f"part-{part}.parquet")
    return folder


@pytest.fixture(scope="session")
def command():
    """The command `betrace`."""
    built = [ROOT / "target" / kind / "betrace" for kind in ("release", "debug")]
    built = [path for path in built if path.exists()]
    found = os.environ.get("BETRACE") or shutil.which("betrace") or max(built, key=os.path.getmtime, default=None)
    if found is None:
        pytest.skip("no command betrace: build it, or name it in BETRACE")

    def run(*arguments, rules=RULES):
        call = [found, "replay", "--rules", rules, "--format", "json", *arguments]
        ended = subprocess.run([str(word) for word in call], capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in ended.stdout.splitlines()]
        return lines, ended

    return run


def plain(lines):
    """Verdicts of the command as the package has them, in the order of the command."""
    found = []
    for line in lines:
        line = dict(line)
        # It is said of a rule over all traces, and stands in the summary.
        line.pop("never_applied", None)
        line.setdefault("emit", None)
        for name in ("start_time_unix_nano", "end_time_unix_nano"):
            line[name] = int(line[name])
        line["window"] = plain_window(line.get("window"))
        found.append(line)
    return found


def plain_window(window):
    if window is None:
        return None
    times = {name: int(window[name]) for name in ("start_unix_nano", "end_unix_nano")}
    return {"hits": None} | window | times | {"group": list(window["group"].items())}


def of_traces(lines):
    """Verdicts as Spark has them."""
    found = ordered(plain(lines))
    assert {line.pop("window") for line in found} == {None}
    return found


def ordered(found):
    return sorted(found, key=lambda one: (one["rule"], one["trace_id"], one["violation_id"] or "", one["clause"] or ""))


def summaries(lines):
    """Without those of windows, which are verdicts in the package."""
    found = []
    for line in lines:
        if "summary" not in line:
            continue
        line = dict(line["summary"])
        for name in ("never_applied", "near_misses", "violations_contradicted"):
            line.setdefault(name, None)
        line.pop("near_misses")
        line.pop("violations_contradicted")
        for name in ("first_violation_unix_nano", "last_violation_unix_nano"):
            line[name] = line[name] and int(line[name])
        found.append(line)
    return found
