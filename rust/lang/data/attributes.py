#!/usr/bin/env python3
"""Writes attributes.txt: the names of attributes of the OpenTelemetry semantic conventions.

    pip download --no-deps opentelemetry-semantic-conventions==0.66b2
    rust/lang/data/attributes.py opentelemetry_semantic_conventions-0.66b2-py3-none-any.whl

The package tells in the text behind each name whether it is deprecated and what has replaced it. "Moved" is not deprecated: the
names of GenAI and MCP have a repository of their own since 1.45. HISTORIC are names that older versions renamed and the package
has no more. Which old names are emitted today is read from the recordings under testdata/instrumentation, and stands in EMITTED.
"""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORDINGS = HERE.parents[2] / "testdata" / "instrumentation"

HISTORIC = {
    "faas.execution": ["faas.invocation_id"],
    "faas.id": ["cloud.resource_id"],
    "feature_flag.provider_name": ["feature_flag.provider.name"],
    "http.resend_count": ["http.request.resend_count"],
    "http.retry_count": ["http.request.resend_count"],
    "ios.state": ["-"],
    "messaging.client_id": ["messaging.client.id"],
    "messaging.consumer.id": ["-"],
    "messaging.conversation_id": ["messaging.message.conversation_id"],
    "messaging.destination": ["messaging.destination.name"],
    "messaging.destination_kind": ["-"],
    "messaging.kafka.consumer_group": ["messaging.consumer.group.name"],
    "messaging.kafka.message_key": ["messaging.kafka.message.key"],
    "messaging.kafka.partition": ["messaging.destination.partition.id"],
    "messaging.message_id": ["messaging.message.id"],
    "messaging.message_payload_size_bytes": ["messaging.message.body.size"],
    "messaging.protocol": ["network.protocol.name"],
    "messaging.protocol_version": ["network.protocol.version"],
    "messaging.rabbitmq.routing_key": ["messaging.rabbitmq.destination.routing_key"],
    "messaging.temp_destination": ["messaging.destination.temporary"],
    "messaging.url": ["-"],
    "net.app.protocol.name": ["network.protocol.name"],
    "net.app.protocol.version": ["network.protocol.version"],
    "rpc.jsonrpc.error.code": ["-"],
    "telemetry.auto.version": ["telemetry.distro.version"],
}

# Emitted today by stacks that are not among the recordings: Spring Data Redis, amqplib.
EMITTED = {"peer.service", "messaging.message_id"}

ENTRY = re.compile(r'^[A-Z0-9_]+: Final = (?:\(\s*)?"([^"]+)"\s*\)?\n"""\n(.*?)"""', re.M | re.S)
REPLACED = re.compile(r"^Deprecated: Replaced by `([^`]+)`(.*?)$", re.M)
CONTEXT = re.compile(r"`([^`]+)` on (client|server) spans")


def successors(text):
    """What stands behind an old name: its successor, those of client and server spans, or nothing that is sure."""
    found = REPLACED.search(text)
    if not found:
        return ["-"]
    line = found.group(0)
    of_kinds = CONTEXT.findall(line)
    if of_kinds:
        return sorted(f"{kind}={name}" for name, kind in of_kinds)
    rest = found.group(2).strip(" .")
    return [found.group(1)] if not rest and " " not in found.group(1) else ["-"]


def emitted():
    keys = set(EMITTED)
    for path in sorted(RECORDINGS.glob("*.jsonl.zst")):
        text = subprocess.run(["zstd", "-dqc", path], check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            for resource in json.loads(line)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        keys.update(one["key"] for one in span.get("attributes", []))
    return keys


def main():
    wheel = Path(sys.argv[1])
    version = wheel.name.split("-")[1]
    names = dict(HISTORIC)
    with zipfile.ZipFile(wheel) as package:
        for path in package.namelist():
            if "/attributes/" not in path or not path.endswith("_attributes.py"):
                continue
            for name, text in ENTRY.findall(package.read(path).decode()):
                old = text.startswith("Deprecated:") and "Moved to" not in text
                said = successors(text) if old else []
                # The stable module and the incubating one may both have it; the one that says more counts.
                names[name] = said or names.get(name, []) if name not in HISTORIC else said
    keys = emitted()
    lines = [
        "# Attribute names of the OpenTelemetry semantic conventions, written by attributes.py from the PyPI package",
        f"# opentelemetry-semantic-conventions {version}. A line is a current name; or an old one with what has replaced it, `-` where",
        "# nothing has, `client=` and `server=` where the kind of the span tells; and `*` where recordings of current releases have it.",
    ]
    for name in sorted(names):
        said = names[name]
        mark = ["*"] if said and name in keys else []
        lines.append(" ".join([name, *said, *mark]))
    (HERE / "attributes.txt").write_text("\n".join(lines) + "\n")


main()
