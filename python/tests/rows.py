"""Recorded traces as rows of ClickHouse's ``otel_traces``, as the Collector's exporter writes them."""

import json
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "testdata" / "rules"
WINDOWS = ROOT / "python" / "tests" / "windows.yaml"
RECORDINGS = sorted((ROOT / "testdata" / "traces").glob("*.jsonl"))

KINDS = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"]
STATUSES = ["Unset", "Ok", "Error"]


def text(value: dict) -> str:
    """An attribute's value: text there, whatever it was."""
    (kind, plain), = value.items()
    if kind in ("arrayValue", "kvlistValue"):
        return json.dumps(plain)
    return str(plain).lower() if kind == "boolValue" else str(plain)


def attributes(found: dict) -> dict[str, str]:
    return {one["key"]: text(one["value"]) for one in found.get("attributes", [])}


def rows() -> Iterator[dict]:
    """The spans of the recordings, with times in nanoseconds since 1970."""
    for path in RECORDINGS:
        for line in path.read_text().splitlines():
            for resource in json.loads(line)["resourceSpans"]:
                of_resource = attributes(resource.get("resource", {}))
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        yield row(span, scope.get("scope", {}), of_resource)


def row(span: dict, scope: dict, resource: dict[str, str]) -> dict:
    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    status = span.get("status", {})
    return {
        "Timestamp": start,
        "TraceId": span["traceId"],
        "SpanId": span["spanId"],
        "ParentSpanId": span.get("parentSpanId", ""),
        "TraceState": span.get("traceState", ""),
        "SpanName": span["name"],
        "SpanKind": KINDS[span.get("kind", 0)],
        "ServiceName": resource.get("service.name", ""),
        "ResourceAttributes": resource,
        "ScopeName": scope.get("name", ""),
        "ScopeVersion": scope.get("version", ""),
        "SpanAttributes": attributes(span),
        "Duration": end - start,
        "StatusCode": STATUSES[status.get("code", 0)],
        "StatusMessage": status.get("message", ""),
        "Events.Timestamp": [int(event["timeUnixNano"]) for event in span.get("events", [])],
        "Events.Name": [event.get("name", "") for event in span.get("events", [])],
        "Events.Attributes": [attributes(event) for event in span.get("events", [])],
    }
