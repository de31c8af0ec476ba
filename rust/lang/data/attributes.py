#!/usr/bin/env python3
"""Writes attributes.txt: the names of attributes of the OpenTelemetry semantic conventions, as the packages have them that
programs are built with.

    pip download --no-deps opentelemetry-semantic-conventions==0.66b2
    npm pack @opentelemetry/semantic-conventions@1.45.0
    mvn dependency:get -Dartifact=io.opentelemetry.semconv:opentelemetry-semconv:1.45.0:jar:sources
    mvn dependency:get -Dartifact=io.opentelemetry.semconv:opentelemetry-semconv-incubating:1.45.0-alpha:jar:sources
    rust/lang/data/attributes.py WHEEL TGZ JAR JAR

The packages tell in the text at each name whether it is deprecated and what has replaced it. A name that is
current in one of them is current; of two that name another successor the one counts that stands later in the call. "Moved" is not deprecated: the names of GenAI and MCP have a repository of their own since 1.45. HISTORIC are
names that older versions renamed and the packages have no more. Which of them hold numbers Java's packages tell, by the type of the
key, and NUMBERS of those of HISTORIC. Which old names are emitted today is read from the recordings under
testdata/instrumentation, and stands in EMITTED.
"""

import json
import re
import subprocess
import sys
import tarfile
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

NUMBERS = {"http.resend_count", "http.retry_count", "messaging.kafka.partition", "messaging.message_payload_size_bytes", "rpc.jsonrpc.error.code"}

# Emitted today by stacks that are not among the recordings: Spring Data Redis, amqplib.
EMITTED = {"peer.service", "messaging.message_id"}

# In Python the text stands behind the name, elsewhere before it.
PYTHON = re.compile(r'^[A-Z0-9_]+: Final = (?:\(\s*)?"([^"]+)"\s*\)?\n"""\n(.*?)"""', re.M | re.S)
NPM = re.compile(r'/\*\*((?:(?!\*/).)*)\*/\s*(?:export )?const ATTR_[A-Z0-9_]+ = "([^"]+)"', re.S)
JAVA = re.compile(r'/\*\*((?:(?!\*/).)*)\*/\s*(?:@Deprecated\s+)?public static final AttributeKey<[^;=]*=\s*\w+\(\s*"([^"]+)"', re.S)
JAVA_NUMBER = re.compile(r'=\s*(?:long|double)Key\(\s*"([^"]+)"')
DEPRECATED = re.compile(r"(?:^Deprecated:|@deprecated) (.*)", re.S)
REPLACED = re.compile(r"^Replaced by `([^`]+)`(.*?)$")
CONTEXT = re.compile(r"`([^`]+)` on (client|server) spans")


def plain(comment):
    """The words of a comment on one line, code in backquotes."""
    lines = (line.strip().removeprefix("*").strip() for line in comment.strip().splitlines())
    words = " ".join(line for line in lines if line)
    return re.sub(r"\{@code ([^}]*)\}", r"`\1`", words)


def entries(path):
    """Names, each with the words of its deprecation or None."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as package:
            texts = [package.read(one).decode() for one in package.namelist() if re.search(r"/attributes/.*_attributes\.py$", one)]
        found = [(name, text) for one in texts for name, text in PYTHON.findall(one)]
    elif path.suffix == ".tgz":
        with tarfile.open(path) as package:
            files = [one for one in package if re.search(r"/(stable|experimental)_attributes\.mjs$", one.name)]
            texts = [package.extractfile(one).read().decode() for one in files]
        found = [(name, text) for one in texts for text, name in NPM.findall(one)]
    else:
        with zipfile.ZipFile(path) as package:
            texts = [package.read(one).decode() for one in package.namelist() if one.endswith("Attributes.java")]
        found = [(name, text) for one in texts for text, name in JAVA.findall(one)]
    for name, text in found:
        said = DEPRECATED.search(plain(text))
        words = said.group(1) if said else None
        # Java's incubating part has the stable names once more.
        is_moved = words and any(sign in words for sign in ("Moved to", "in favor of stable"))
        yield name, None if is_moved else words


def numbers(path):
    """The names whose values are numbers, as far as the package tells."""
    if path.suffix != ".jar":
        return set()
    with zipfile.ZipFile(path) as package:
        texts = [package.read(one).decode() for one in package.namelist() if one.endswith("Attributes.java")]
    return {name for one in texts for name in JAVA_NUMBER.findall(one)}


def successors(words):
    """What stands behind an old name: its successor, those of client and server spans, or nothing that is sure."""
    found = REPLACED.search(words.strip())
    if not found:
        return ["-"]
    of_kinds = CONTEXT.findall(words)
    if of_kinds:
        return sorted(f"{kind}={name}" for name, kind in of_kinds)
    rest = found.group(2).strip(" .")
    return [found.group(1)] if not rest and " " not in found.group(1) else ["-"]


def emitted():
    keys = set(EMITTED)
    for path in sorted(RECORDINGS.rglob("*.jsonl.zst")):
        text = subprocess.run(["zstd", "-dqc", path], check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            for resource in json.loads(line)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        keys.update(one["key"] for one in span.get("attributes", []))
    return keys


def version(path):
    """`PyPI 0.66b2`, by the name of the file."""
    return {".whl": "PyPI ", ".tgz": "npm ", ".jar": "Maven "}[path.suffix] + re.search(r"-([0-9][0-9a-z.]*(?:-alpha)?)", path.stem).group(1)


def main():
    packages = [Path(path) for path in sys.argv[1:]]
    names = dict(HISTORIC)
    for package in packages:
        of_package = {}
        for name, words in entries(package):
            said = successors(words) if words else []
            # The stable part and the incubating one may both have it; the one that says more counts.
            of_package[name] = said or of_package.get(name, [])
        assert len(of_package) > 50, f"{package} is not as it was"
        for name, said in of_package.items():
            # What one of them has as a current name programs that are built with it emit.
            is_current = name in names and not names[name] and name not in HISTORIC
            if said and not is_current or not said and name not in HISTORIC:
                names[name] = said
    keys = emitted()
    numeric = NUMBERS.union(*(numbers(package) for package in packages))
    lines = [
        "# Attribute names of the OpenTelemetry semantic conventions, written by attributes.py from their packages:",
        f"# {', '.join(version(package) for package in packages)}. A line is a current name; or an old one with what has replaced it,",
        "# `-` where nothing has, `client=` and `server=` where the kind of the span tells; and `*` where recordings of current",
        "# releases have it. `#` stands behind a name that holds a number.",
    ]
    for name in sorted(names):
        said = names[name]
        mark = ["*"] if said and name in keys else []
        lines.append(" ".join([name, *(["#"] if name in numeric else []), *said, *mark]))
    (HERE / "attributes.txt").write_text("\n".join(lines) + "\n")


main()
