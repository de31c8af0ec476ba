#!/usr/bin/env python3
"""Writes the shapes of tools that cannot run here: one trace of two spans, `op` and its child, in each. Where
each shape comes from stands in the table of docs/formats.md. shapes.py FOLDER"""
import base64, json, os, sys

folder = sys.argv[1]
TRACE, OP, CHILD = "5b8aa5a2d2c872e8321cf37308d69df2", "00000000000000a1", "00000000000000a2"
START = 1700000000000000000
NAME = "shop"


def write(name, *values, indent=None):
    with open(os.path.join(folder, name), "w") as out:
        for value in values:
            out.write(json.dumps(value, indent=indent) + "\n")


def value(v):
    if isinstance(v, bool):
        return {"boolValue": v}
    if isinstance(v, int):
        return {"intValue": str(v)}
    if isinstance(v, float):
        return {"doubleValue": v}
    if isinstance(v, list):
        return {"arrayValue": {"values": [value(e) for e in v]}}
    return {"stringValue": v}


def attributes(pairs):
    return [{"key": k, "value": value(v)} for k, v in pairs.items()]


RESOURCE = {"service.name": NAME, "service.version": "1.4.2"}
SCOPE = {"name": "lib", "version": "1.0"}
CHILD_ATTRIBUTES = {"n": 5, "ratio": 0.5, "ok": True, "list": ["a", "b"]}
op = {"traceId": TRACE, "spanId": OP, "name": "op", "kind": 2, "startTimeUnixNano": str(START), "endTimeUnixNano": str(START + 1000000)}
child = {
    "traceId": TRACE, "spanId": CHILD, "parentSpanId": OP, "name": "child", "kind": 3,
    "startTimeUnixNano": str(START + 100000), "endTimeUnixNano": str(START + 200000), "attributes": attributes(CHILD_ATTRIBUTES),
    "events": [{"timeUnixNano": str(START + 150000), "name": "retry", "attributes": attributes({"attempt": 2})}],
    "links": [{"traceId": TRACE, "spanId": OP, "attributes": attributes({"k": 1})}],
    "status": {"code": 2, "message": "boom"},
}
resource = {"attributes": attributes(RESOURCE)}


def group(*spans):
    return {"resource": resource, "scopeSpans": [{"scope": SCOPE, "spans": list(spans)}]}


request = {"resourceSpans": [group(op, child)]}
write("otlp.jsonl", {"resourceSpans": [group(op)]}, {"resourceSpans": [group(child)]})
write("otlp-document.json", request, indent=2)
with open(os.path.join(folder, "otlp-concatenated.json"), "w") as out:
    out.write(json.dumps({"resourceSpans": [group(op)]}) + json.dumps({"resourceSpans": [group(child)]}, indent=1))
with open(os.path.join(folder, "otlp-array.json"), "w") as out:
    out.write("[\n" + ",\n".join(json.dumps({"resourceSpans": [group(s)]}) for s in (op, child)) + "\n]\n")
write("otlp-2022.json", json.loads(json.dumps(request).replace("scopeSpans", "instrumentationLibrarySpans").replace('"scope"', '"instrumentationLibrary"')))
write("resource-spans.jsonl", group(op), group(child))

# Tempo: ids in base64, enums by name.
KINDS = {2: "SPAN_KIND_SERVER", 3: "SPAN_KIND_CLIENT"}


def tempo(span):
    span = json.loads(json.dumps(span))
    for holder in [span] + span.get("links", []):
        for key in ("traceId", "spanId", "parentSpanId"):
            if key in holder:
                holder[key] = base64.b64encode(bytes.fromhex(holder[key])).decode()
    span["kind"] = KINDS[span["kind"]]
    if "status" in span:
        span["status"]["code"] = "STATUS_CODE_ERROR"
    return span


write("tempo-v1.json", {"batches": [group(tempo(op), tempo(child))]})
write("tempo-v2.json", {"trace": {"resourceSpans": [group(tempo(op), tempo(child))]}, "metrics": {}})
write("tempo-v2-partial.json", {"trace": {"resourceSpans": [group(tempo(op), tempo(child))]}, "metrics": {}, "status": "PARTIAL", "message": "trace exceeds max size"})
write("tempo-search.json", {"traces": [{"traceID": TRACE, "rootServiceName": NAME, "rootTraceName": "op", "startTimeUnixNano": str(START), "durationMs": 1}], "metrics": {}})


def grafana(span):
    span = dict(span, kind=KINDS[span["kind"]], startTimeUnixNano=int(span["startTimeUnixNano"]), endTimeUnixNano=int(span["endTimeUnixNano"]))
    span.setdefault("status", {"code": 0, "message": ""})
    span["attributes"] = [{"key": k, "value": {"intValue": v} if isinstance(v, int) and not isinstance(v, bool) else value(v)} for k, v in (CHILD_ATTRIBUTES.items() if span["name"] == "child" else ())]
    span["events"] = [{"timeUnixNano": START + 150000, "name": "", "attributes": [{"key": "message", "value": {"stringValue": "retry"}}]}] if span["name"] == "child" else []
    return span


write("grafana-export.json", {"batches": [{"resource": resource, "instrumentationLibrarySpans": [{"instrumentationLibrary": SCOPE, "spans": [grafana(op), grafana(child)]}]}]})
write("jaeger-v3.json", {"result": request})

# Jaeger.
REFERENCES = [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": OP}, {"refType": "FOLLOWS_FROM", "traceID": TRACE, "spanID": OP}]


def tag(key, kind, v):
    return {"key": key, "type": kind, "value": v}


def ui(text=False):
    show = (lambda v: str(v).lower() if isinstance(v, bool) else str(v)) if text else (lambda v: v)
    scope = [tag("otel.scope.name", "string", "lib"), tag("otel.scope.version", "string", "1.0")]
    parent = {"traceID": TRACE, "spanID": OP, "flags": 1, "operationName": "op", "references": [], "startTime": START // 1000, "duration": 1000, "tags": scope + [tag("span.kind", "string", "server")], "logs": []}
    tags = scope + [tag("span.kind", "string", "client"), tag("n", "int64", show(5)), tag("ratio", "float64", show(0.5)), tag("ok", "bool", show(True)), tag("list", "string", '["a","b"]'), tag("error", "bool", show(True)), tag("otel.status_description", "string", "boom")]
    log = {"timestamp": (START + 150000) // 1000, "fields": [tag("event", "string", "retry"), tag("attempt", "int64", show(2))]}
    own = {"traceID": TRACE, "spanID": CHILD, "flags": 1, "operationName": "child", "references": REFERENCES, "startTime": (START + 100000) // 1000, "duration": 100, "tags": tags, "logs": [log]}
    return parent, own


process = {"serviceName": NAME, "tags": [tag("service.version", "string", "1.4.2")]}
spans = [dict(s, processID="p1", warnings=None) for s in ui()]
trace = {"traceID": TRACE, "spans": spans, "processes": {"p1": process}, "warnings": None}
write("jaeger-ui.json", {"data": [trace], "total": 0, "limit": 0, "offset": 0, "errors": None}, indent=4)
documents = [dict(s, process=process, startTimeMillis=s["startTime"] // 1000) for s in ui(text=True)]
write("jaeger-elasticsearch.jsonl", *documents)
write("jaeger-elasticsearch-search.json", {"took": 1, "hits": {"total": {"value": 2}, "hits": [{"_index": "jaeger-span-2023-11-14", "_id": str(i), "_source": d} for i, d in enumerate(documents)]}})
fields = []
for d in documents:
    d = dict(d, tag={t["key"].replace(".", "@"): {"int64": int, "float64": float, "bool": lambda v: v == "true", "string": str}[t["type"]](t["value"]) for t in d["tags"]}, tags=[])
    fields.append(d)
write("jaeger-elasticsearch-fields.jsonl", *fields)
b64 = lambda digits: base64.b64encode(bytes.fromhex(digits)).decode()
model_scope = [{"key": "otel.scope.name", "vStr": "lib"}, {"key": "otel.scope.version", "vStr": "1.0"}]
model_process = {"serviceName": NAME, "tags": [{"key": "service.version", "vStr": "1.4.2"}]}
write(
    "jaeger-kafka.jsonl",
    {"traceId": b64(TRACE), "spanId": b64(OP), "operationName": "op", "flags": 1, "startTime": "2023-11-14T22:13:20Z", "duration": "0.001s", "tags": model_scope + [{"key": "span.kind", "vStr": "server"}], "process": model_process},
    {"traceId": b64(TRACE), "spanId": b64(CHILD), "operationName": "child", "references": [{"traceId": b64(TRACE), "spanId": b64(OP)}, {"traceId": b64(TRACE), "spanId": b64(OP), "refType": "FOLLOWS_FROM"}], "flags": 1,
     "startTime": "2023-11-14T22:13:20.000100Z", "duration": "0.000100s",
     "tags": model_scope + [{"key": "span.kind", "vStr": "client"}, {"key": "n", "vType": "INT64", "vInt64": "5"}, {"key": "error", "vType": "BOOL", "vBool": True}, {"key": "otel.status_description", "vStr": "boom"}],
     "logs": [{"timestamp": "2023-11-14T22:13:20.000150Z", "fields": [{"key": "event", "vStr": "retry"}]}], "process": model_process},
)
write("jaeger-error.json", {"data": None, "total": 0, "limit": 0, "offset": 0, "errors": [{"code": 404, "msg": "trace not found"}]})
write("jaeger-services.json", {"data": [NAME, "cart"], "total": 2, "limit": 0, "offset": 0, "errors": None})

# Zipkin.
tags = {"otel.scope.name": "lib", "otel.scope.version": "1.0"}
endpoint = {"serviceName": NAME}
write("zipkin-v2.json", [
    {"traceId": TRACE, "id": OP, "name": "op", "kind": "SERVER", "timestamp": START // 1000, "duration": 1000, "localEndpoint": endpoint, "tags": tags},
    {"traceId": TRACE, "id": CHILD, "parentId": OP, "name": "child", "kind": "CLIENT", "timestamp": (START + 100000) // 1000, "duration": 100, "localEndpoint": endpoint,
     "tags": dict(tags, n="5", **{"otel.status_code": "Error", "otel.status_description": "boom", "otlp.link.0": f'{TRACE}|{OP}||{{"k":1}}|0'}),
     "annotations": [{"timestamp": (START + 150000) // 1000, "value": 'retry|{"attempt":2}|0'}]},
])


def v1(ident, name, first, last, at, length, extra, binary, **more):
    times = [{"timestamp": at, "value": first, "endpoint": endpoint}, {"timestamp": at + length, "value": last, "endpoint": endpoint}]
    return dict(traceId=TRACE, id=ident, name=name, timestamp=at, duration=length, annotations=times + extra, binaryAnnotations=binary, **more)


write("zipkin-v1.json", [
    v1(OP, "op", "sr", "ss", START // 1000, 1000, [], []),
    v1(CHILD, "child", "cs", "cr", (START + 100000) // 1000, 100, [{"timestamp": (START + 150000) // 1000, "value": "retry"}],
       [{"key": "n", "value": "5", "endpoint": endpoint}, {"key": "error", "value": "boom"}, {"key": "sa", "value": True, "endpoint": {"serviceName": "db"}}], parentId=OP),
])


# A flat span a line.
def flat(span):
    span = dict(span, resource={"attributes": RESOURCE}, scope=SCOPE, flags=256, kind={2: "SERVER", 3: "CLIENT"}[span["kind"]], startTimeUnixNano=int(span["startTimeUnixNano"]), endTimeUnixNano=int(span["endTimeUnixNano"]))
    span["parentSpanId"] = span.get("parentSpanId", "")
    span["attributes"] = CHILD_ATTRIBUTES if span["name"] == "child" else {}
    span["events"] = [dict(e, timeUnixNano=int(e["timeUnixNano"]), attributes={"attempt": 2}) for e in span.get("events", [])]
    span["links"] = [dict(link, attributes={"k": 1}) for link in span.get("links", [])]
    span["status"] = {"code": "ERROR", "message": "boom"} if span["name"] == "child" else {"code": "UNSET"}
    return span


write("aws-spans.jsonl", flat(op), flat(child))

# What is no trace, or none that is read.
write("service-log.jsonl", *({"timestamp": "2023-11-14T22:13:20Z", "level": "INFO", "message": "hello", "traceId": TRACE, "spanId": s} for s in (OP, CHILD)))
write("zipkin-like-log.jsonl", {"timestamp": "2023-11-14T22:13:20Z", "level": "INFO", "id": "a1", "name": "audit", "duration": 3, "traceId": TRACE})
write("otlp-logs.jsonl", {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"traceId": TRACE, "body": {"stringValue": "hello"}}]}]}]})
write("prometheus.json", {"status": "success", "data": {"resultType": "vector", "result": []}})
write("xray.json", {"Traces": [{"Id": "1-5b8aa5a2-d2c872e8321cf37308d69df2", "Segments": [{"Id": "00000000000000a1", "Document": "{}"}]}]})
write("xray-segment.jsonl", {"trace_id": "1-5b8aa5a2-d2c872e8321cf37308d69df2", "id": OP, "name": NAME, "start_time": 1700000000.0, "end_time": 1700000000.001})
write("trace-events.json", {"traceEvents": [{"ph": "X", "ts": 1, "dur": 2, "pid": 1, "tid": 1, "name": "op"}]})
write("google-cloud-trace.json", {"projectId": "p", "traceId": TRACE, "spans": [{"spanId": "161", "kind": "RPC_SERVER", "name": "op", "startTime": "2023-11-14T22:13:20Z", "endTime": "2023-11-14T22:13:20.001Z"}]})
write("application-insights.jsonl", {"timestamp": "2023-11-14T22:13:20Z", "itemType": "request", "id": OP, "operation_Id": TRACE, "operation_ParentId": TRACE, "name": "op"})
write("datadog.json", [[{"trace_id": 1, "span_id": 2, "parent_id": 0, "service": NAME, "resource": "op", "name": "op", "start": START, "duration": 1000000, "error": 0, "meta": {}, "metrics": {}}]])
write("api-error.json", {"code": 5, "message": "trace not found", "details": []})
write("go-struct.json", {"resourceSpans": [{"scopeSpans": [{"spans": [dict(op, attributes=[{"key": "n", "value": {"Value": {"IntValue": 5}}}])]}]}]})
with open(os.path.join(folder, "dotnet-console.txt"), "w") as out:
    out.write(f"Activity.TraceId:            {TRACE}\nActivity.SpanId:             {OP}\nActivity.TraceFlags:         Recorded\nActivity.DisplayName:        op\nActivity.Kind:               Server\nActivity.StartTime:          2023-11-14T22:13:20.0000000Z\nActivity.Duration:           00:00:00.0010000\n\n")
