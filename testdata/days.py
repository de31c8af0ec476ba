#!/usr/bin/env python3
"""Lays recordings of the demo shop out as three days, for `betrace replay --timeline`.

The healthy recording gives the first two days, the one with skipped fraud checks the third. Nothing is changed but the times,
so that the traces of a recording begin one after the other through its day, and on the third day the version that the payment
service says it has. Run it in the folder `testdata`; it needs the command zstd.
"""
import datetime
import gzip
import json
import subprocess

TRACES = "traces/"
DAY = 86_400 * 10**9
FIRST = int(datetime.datetime(2026, 11, 21, tzinfo=datetime.timezone.utc).timestamp()) * 10**9
TIMES = ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano")


def spans_of(requests):
    for request in requests:
        for resource_spans in request["resourceSpans"]:
            for scope_spans in resource_spans["scopeSpans"]:
                yield from scope_spans["spans"]


def starts(requests):
    """When each trace begins, the earliest first."""
    found = {}
    for span in spans_of(requests):
        start = int(span["startTimeUnixNano"])
        found[span["traceId"]] = min(start, found.get(span["traceId"], start))
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def move(record, by):
    for key in TIMES:
        if key in record:
            record[key] = str(int(record[key]) + by)


def lay_out(requests, kept, day):
    """The traces `kept` through the day; the others are left out."""
    began = starts(requests)
    place = {trace: FIRST + day * DAY + (2 * index + 1) * DAY // (2 * len(kept)) for index, trace in enumerate(kept)}
    for request in requests:
        for resource_spans in request["resourceSpans"]:
            for scope_spans in resource_spans["scopeSpans"]:
                scope_spans["spans"] = [span for span in scope_spans["spans"] if span["traceId"] in place]
                for span in scope_spans["spans"]:
                    by = place[span["traceId"]] - began[span["traceId"]]
                    for record in [span, *span.get("events", [])]:
                        move(record, by)
            groups = resource_spans["scopeSpans"]
            resource_spans["scopeSpans"] = [group for group in groups if group["spans"]]
        groups = request["resourceSpans"]
        request["resourceSpans"] = [group for group in groups if group["scopeSpans"]]
    return requests


def renew(requests, service, version):
    for request in requests:
        for resource_spans in request["resourceSpans"]:
            values = {one["key"]: one["value"] for one in resource_spans["resource"]["attributes"]}
            if values["service.name"]["stringValue"] == service:
                values["service.version"]["stringValue"] = version


def write(day, requests):
    name = (datetime.date(2026, 11, 21) + datetime.timedelta(days=day)).isoformat()
    lines = "".join(json.dumps(request, separators=(",", ":")) + "\n" for request in requests if request["resourceSpans"])
    with open(f"days/{name}.jsonl.gz", "wb") as file:
        file.write(gzip.compress(lines.encode(), 9, mtime=0))


def main():
    text = subprocess.run(["zstd", "-dc", TRACES + "healthy.jsonl.zst"], check=True, capture_output=True).stdout
    healthy = text.decode().splitlines()
    traces = list(starts([json.loads(line) for line in healthy]))
    for day in (0, 1):
        write(day, lay_out([json.loads(line) for line in healthy], traces[100 * day : 100 * (day + 1)], day))
    with open(TRACES + "skipped-fraud-check.jsonl", encoding="utf-8") as file:
        faulty = [json.loads(line) for line in file]
    renew(faulty, "payment", "1.4.3")
    write(2, lay_out(faulty, list(starts(faulty)), 2))


main()
