#!/usr/bin/env python3
"""Runs the programs of this folder with real instrumentation, and keeps what the built Collector recorded of each.

A stack is a folder with `run`, a script that runs its program once and ends, and one of `requirements.txt`, `package.json`,
`go.mod`, `pom.xml` and `Cargo.toml`, which pin what it uses; `installed.txt` beside requirements and pom.xml holds all that was
resolved. Each stack is run in a folder of its own, with everything that it asks on loopback: the Collector, a server of HTTP and a
model that answer what they are told to, and PostgreSQL, Redis and Kafka where `run` names them. A program of Java stands compiled
in ../classes, what it uses in ../lib, the agent in ../agent.jar; programs of Go and Rust are ../program. The environment of `run`:

  OTEL_EXPORTER_OTLP_ENDPOINT  the Collector, over HTTP; COLLECTOR_GRPC, host and port over gRPC
  UPSTREAM                     a server of HTTP: /status/NNN answers that, /slow after two seconds, all else 200
  REFUSED                      an address where nobody listens
  MODEL                        a model: OpenAI's and Anthropic's interfaces, see fakes.py
  POSTGRES, REDIS              a database, as a URL
  KAFKA                        a broker of Kafka, as host and port, whose topics come about when they are named
  PORT, PORT2                  free ports

Usage: record.py COLLECTOR [--check] [STACK …]; all stacks if none is named. With --check each runs at the newest releases there
are, nothing is kept, and what changed is printed.
"""

import collections
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

# Nothing is left beside the sources.
sys.dont_write_bytecode = True
import fakes
from processes import Failed, connects, free_ports, healthy, stopped, until

HERE = pathlib.Path(__file__).resolve().parent
# The program's own time; a stack that hangs ends with it.
LONGEST = 300
# A library beside others, and its version.
JAR = re.compile(r"(.+?)-(\d.*)\.jar$")
# A module that go.mod asks for itself, and a crate of Cargo.lock.
GO_MODULE = re.compile(r"^\s+(\S+) (v\S+)$", re.M)
CRATE = re.compile(r'name = "([^"]+)"\nversion = "([^"]+)"')
# What Maven is not to take for a release.
UNRELEASED = "-Dmaven.version.ignore=(?i).*[-.](M|RC|alpha|beta|rc|cr)[-.]?[0-9]*.*"


def main():
    arguments = [one for one in sys.argv[1:] if one != "--check"]
    check = "--check" in sys.argv
    collector = pathlib.Path(arguments[0]).resolve()
    known = sorted(run.parent.name for run in HERE.glob("*/run"))
    stacks = arguments[1:] or known
    unknown = [stack for stack in stacks if stack not in known]
    if unknown:
        sys.exit(f"no such stack: {', '.join(unknown)}; there are: {', '.join(known)}")
    failed = []
    for stack in stacks:
        try:
            Stack(stack, collector, check).record()
        except Failed as fault:
            print(f"{stack}: {fault}", file=sys.stderr)
            failed.append(stack)
    if failed:
        sys.exit(f"not recorded: {', '.join(failed)}")


class Stack:
    def __init__(self, name, collector, check):
        self.name, self.collector, self.check = name, collector, check
        self.home = HERE / name

    def record(self):
        with tempfile.TemporaryDirectory(prefix="betrace-recording-") as folder, contextlib.ExitStack() as running:
            self.folder = pathlib.Path(folder)
            self.app = self.folder / "app"
            shutil.copytree(self.home, self.app)
            self.install()
            environment = self.environment(running)
            self.ran("run", ["bash", "-eu", "run"], environment)
            # The Collector writes what it has when it ends.
            running.close()
            spans = [self.cleaned(line) for line in (self.folder / "traces.jsonl").read_text().splitlines()]
        if not spans:
            raise Failed("the Collector got no span")
        self.number(spans)
        if self.check:
            self.compare(spans)
            return
        text = "".join(json.dumps(one, separators=(",", ":"), ensure_ascii=False) + "\n" for one in spans)
        path = self.home / "recorded.jsonl.zst"
        subprocess.run(["zstd", "-19", "-q", "-f", "-o", path], input=text.encode(), check=True)
        print(f"{self.name}: {sum(1 for _ in each_span(spans))} spans, {path.stat().st_size} bytes")

    # What it is made of

    def install(self):
        app = self.app
        if (app / "requirements.txt").exists():
            self.ran("venv", [sys.executable, "-m", "venv", "../env"])
            pip = [self.folder / "env/bin/pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "-r", "requirements.txt"]
            if self.check:
                wanted = (app / "requirements.txt").read_text()
                (app / "requirements.txt").write_text(re.sub(r"==.*", "", wanted))
            elif (app / "installed.txt").exists():
                pip += ["-c", "installed.txt"]
            self.ran("pip install", pip)
            frozen = self.ran("pip freeze", [self.folder / "env/bin/pip", "freeze", "--disable-pip-version-check"])
            self.installed(frozen, "installed.txt")
        if (app / "package.json").exists():
            if self.check or not (app / "package-lock.json").exists():
                wanted = json.loads((app / "package.json").read_text())["dependencies"]
                if self.check:
                    latest = {"private": True, "dependencies": dict.fromkeys(wanted, "latest")}
                    (app / "package.json").write_text(json.dumps(latest))
                    (app / "package-lock.json").unlink(missing_ok=True)
                self.ran("npm install", ["npm", "install", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund"])
                if self.check:
                    own = {name: json.loads((app / "node_modules" / name / "package.json").read_text()) for name in wanted}
                    self.newer(wanted, {name: package["version"] for name, package in own.items()})
                else:
                    shutil.copy(app / "package-lock.json", self.home)
            else:
                self.ran("npm ci", ["npm", "ci", "--no-audit", "--no-fund"])
        if (app / "go.mod").exists():
            if self.check:
                self.ran("go get", ["go", "get", "-u", "./..."])
                self.ran("go mod tidy", ["go", "mod", "tidy"])
                self.newer(*(dict(GO_MODULE.findall((of / "go.mod").read_text())) for of in [self.home, app]))
            self.ran("go build", ["go", "build", "-trimpath", "-buildvcs=false", "-o", "../program", "."])
        if (app / "pom.xml").exists():
            if self.check:
                newest = ["versions:use-latest-releases", "versions:update-parent", "-DgenerateBackupPoms=false"]
                self.ran("mvn versions", ["mvn", "-q", "-B", *newest, UNRELEASED])
            jars = self.jars(app, self.folder / "lib")
            self.installed("\n".join(jars), "installed.txt")
            for jar in (self.folder / "lib").glob("opentelemetry-javaagent-*.jar"):
                jar.rename(self.folder / "agent.jar")
            sources = sorted(str(one.name) for one in app.glob("*.java"))
            self.ran("javac", ["javac", "-parameters", "-cp", "../lib/*", "-d", "../classes", *sources])
        if (app / "Cargo.toml").exists():
            if self.check:
                wanted = (app / "Cargo.toml").read_text()
                (app / "Cargo.toml").write_text(re.sub(r'"=[\d.]+"', '"*"', wanted))
                self.ran("cargo update", ["cargo", "update"])
                named = re.findall(r"^([\w-]+) = ", wanted.split("[dependencies]")[1], re.M)
                locks = (dict(CRATE.findall((of / "Cargo.lock").read_text())) for of in [self.home, app])
                self.newer(*({name: lock[name] for name in named} for lock in locks))
            self.ran("cargo build", ["cargo", "build", "--quiet", *([] if self.check else ["--locked"]), "--target-dir", "../target"])
            (self.folder / "target/debug/program").rename(self.folder / "program")

    def jars(self, project, folder):
        """All that a pom.xml asks for, and what that needs."""
        self.ran("mvn", ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder}"], cwd=project)
        return [f"{name}=={version}" for name, version in (named.groups() for named in map(JAR.match, os.listdir(folder)) if named)]

    def installed(self, frozen, name):
        """What was resolved, kept beside what was asked for; with --check, what is newer."""
        before = (self.home / name).read_text().splitlines() if (self.home / name).exists() else []
        after = sorted(frozen.splitlines(), key=str.lower)
        if not self.check:
            (self.home / name).write_text("".join(line + "\n" for line in after))
            return
        self.newer(*(dict(line.split("==") for line in lines if "==" in line) for lines in [before, after]))

    def newer(self, before, after):
        """Prints the versions that are not as they were."""
        for name, version in sorted(after.items()):
            if before.get(name) != version:
                print(f"{self.name}: {name}=={version}, was {before.get(name, 'not there')}")

    # What is around it

    def environment(self, running):
        ports = free_ports(7)
        grpc, http, health, upstream, model, *own = ports
        recording = {
            "BETRACE_OTLP_GRPC": f"127.0.0.1:{grpc}",
            "BETRACE_OTLP_HTTP": f"127.0.0.1:{http}",
            "BETRACE_HEALTH": f"127.0.0.1:{health}",
            "BETRACE_RECORDING": str(self.folder / "traces.jsonl"),
        }
        config = HERE.parent / "record.yaml"
        started = subprocess.Popen(
            [self.collector, "--config", config], env={**os.environ, **recording}, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        running.callback(stopped, started)
        healthy(f"http://127.0.0.1:{health}", started)
        for port, handler in [(upstream, fakes.Upstream), (model, fakes.Model)]:
            running.callback(fakes.serve(port, handler))
        # Nothing of the machine's own settings reaches the program.
        environment = {name: os.environ[name] for name in ["HOME", "LANG", "GOPATH", "GOFLAGS", "GOMODCACHE"] if name in os.environ}
        paths = [self.folder / "env/bin", self.app / "node_modules/.bin", os.environ["PATH"]]
        environment |= {
            "PATH": ":".join(map(str, paths)),
            "OTEL_SERVICE_NAME": self.name,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{http}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "COLLECTOR_GRPC": f"127.0.0.1:{grpc}",
            "UPSTREAM": f"http://127.0.0.1:{upstream}",
            "REFUSED": f"http://127.0.0.1:{free_ports(1)[0]}",
            "MODEL": f"http://127.0.0.1:{model}",
            "PORT": str(own[0]),
            "PORT2": str(own[1]),
            "NO_PROXY": "127.0.0.1,localhost",
        }
        if "$POSTGRES" in (self.app / "run").read_text():
            environment["POSTGRES"] = self.postgres(running)
        if "$REDIS" in (self.app / "run").read_text():
            environment["REDIS"] = self.redis(running)
        if "$KAFKA" in (self.app / "run").read_text():
            environment["KAFKA"] = self.kafka(running)
        return environment

    def postgres(self, running):
        """A cluster of its own; not as root, which PostgreSQL refuses to run as."""
        data = pathlib.Path(running.enter_context(tempfile.TemporaryDirectory(prefix="betrace-postgres-")))
        as_user = []
        if os.getuid() == 0:
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(data, "postgres", "postgres")
        found = [shutil.which("initdb"), *map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
        initdb = next((one for one in found if one), None)
        if initdb is None:
            raise Failed("it needs PostgreSQL: install Debian's package `postgresql`")
        tools = pathlib.Path(initdb).resolve().parent
        self.ran("initdb", [*as_user, initdb, "-D", data / "data", "-U", "shop", "-A", "trust", "--no-sync"], cwd=data)
        port = free_ports(1)[0]
        server = subprocess.Popen(
            [*as_user, tools / "postgres", "-D", data / "data", "-k", data, "-h", "127.0.0.1", "-p", str(port), "-F"],
            cwd=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        running.callback(stopped, server)
        until(lambda: connects(port), server, "PostgreSQL")
        # Open is not ready: a connection is refused while it starts up.
        ready = [tools / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        until(lambda: subprocess.run(ready).returncode == 0, server, "PostgreSQL")
        return f"postgresql://shop@127.0.0.1:{port}/postgres"

    def redis(self, running):
        server = next((found for found in map(shutil.which, ["redis-server", "valkey-server"]) if found), None)
        if server is None:
            raise Failed("it needs Redis: install Debian's package `redis-server`")
        port = free_ports(1)[0]
        command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        started = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.callback(stopped, started)
        until(lambda: connects(port), started, "Redis")
        return f"redis://127.0.0.1:{port}/0"

    def kafka(self, running):
        """A broker that is its own controller, of the version that kafka/pom.xml pins."""
        home = self.folder / "kafka"
        shutil.copytree(HERE / "kafka", home)
        self.jars(home, home / "lib")
        port, controller = free_ports(2)
        settings = (home / "server.properties").read_text()
        (home / "server.properties").write_text(settings.format(port=port, controller=controller, logs=home / "logs"))
        java = ["java", "-Xmx512m", f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}", "-cp", f"{home / 'lib'}/*"]
        formatted = ["format", "--cluster-id", "BetraceRecordingAAAAAA", "--config", home / "server.properties"]
        self.ran("kafka-storage", [*java, "kafka.tools.StorageTool", *formatted], cwd=home)
        server = subprocess.Popen(
            [*java, "kafka.Kafka", home / "server.properties"], cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        running.callback(stopped, server)
        until(lambda: connects(port), server, "Kafka")
        return f"127.0.0.1:{port}"

    def ran(self, what, command, environment=None, cwd=None):
        try:
            ended = subprocess.run(
                command, cwd=cwd or self.app, env=environment, text=True, timeout=LONGEST if environment else None,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as fault:
            raise Failed(f"{what} has not ended after {LONGEST} s") from fault
        if ended.returncode != 0:
            raise Failed(f"{what} ended with {ended.returncode}:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
        return ended.stdout

    # What came of it

    def cleaned(self, line):
        """Without what is this machine's or this run's alone: hosts, processes, folders, ports, stack traces."""
        request = json.loads(line)
        for resource in request["resourceSpans"]:
            kept = resource.get("resource", {}).get("attributes", [])
            own = re.compile(r"^(host|os|container|service\.instance)\.|^process\.(?!runtime\.(name|version))")
            resource.setdefault("resource", {})["attributes"] = [one for one in kept if not own.search(one["key"])]
        return self.rewritten(request)

    def number(self, requests):
        """Gives the traces ids in the order in which they start, so that truths by hand hold for the next recording too."""
        starts = {}
        for _, span in each_span(requests):
            start = int(span.get("startTimeUnixNano", 0))
            starts[span["traceId"]] = min(start, starts.get(span["traceId"], start))
        of_stack = hashlib.sha256(self.name.encode()).hexdigest()[:16]
        ids = {trace: f"{of_stack}{number:016x}" for number, trace in enumerate(sorted(starts, key=starts.get), 1)}
        for _, span in each_span(requests):
            for one in [span, *span.get("links", [])]:
                one["traceId"] = ids.get(one["traceId"], one["traceId"])

    def rewritten(self, value, key=None):
        if isinstance(value, list):
            return [self.rewritten(one) for one in value]
        if isinstance(value, dict):
            if value.get("key") in ("exception.stacktrace", "exception.stack_trace", "code.stacktrace"):
                return {"key": value["key"], "value": {"stringValue": "a stack trace"}}
            return {name: self.rewritten(one, name) for name, one in value.items()}
        if isinstance(value, str) and key not in ("traceId", "spanId", "parentSpanId"):
            value = re.sub(re.escape(str(self.folder)) + r"(/env/lib/[^/]*/site-packages|/app)?", "", value)
            value = value.replace(socket.gethostname(), "host")
            # Where cargo keeps the sources of crates.
            value = re.sub(r"/\S*/registry/src/[^/]+/", "", value)
        return value

    def compare(self, spans):
        packed = (self.home / "recorded.jsonl.zst").read_bytes()
        text = subprocess.run(["zstd", "-d", "-q", "-c"], input=packed, stdout=subprocess.PIPE, check=True).stdout
        before = shapes([json.loads(line) for line in text.decode().splitlines()])
        after = shapes(spans)
        changed = False
        for span in sorted(before.keys() | after.keys()):
            if before[span] != after[span]:
                changed = True
                print(f"{self.name}: {span}")
                for sign, keys in [("-", before[span] - after[span]), ("+", after[span] - before[span])]:
                    for key, count in sorted(keys.items()):
                        print(f"    {sign} {key}" + (f" ({count} times)" if count > 1 else ""))
        if not changed:
            print(f"{self.name}: spans as recorded")


def each_span(requests):
    for request in requests:
        for resource in request["resourceSpans"]:
            for scope in resource.get("scopeSpans", []):
                yield from ((scope.get("scope", {}).get("name", ""), span) for span in scope.get("spans", []))


def shapes(requests):
    """Of each kind of span how often it has which attribute of which type."""
    kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"]
    found = collections.defaultdict(collections.Counter)
    for scope, span in each_span(requests):
        name = re.sub(r"\d+", "0", span["name"])
        of = found[f"{name} ({kinds[span.get('kind', 0)]}, {scope})"]
        of["span"] += 1
        status = {1: "ok", 2: "error"}.get(span.get("status", {}).get("code"))
        if status:
            of[f"status {status}"] += 1
        for one in span.get("attributes", []):
            of[f"{one['key']} {typed(one)}"] += 1
        for event in span.get("events", []):
            of[f"event {event['name']}"] += 1
    return found


def typed(attribute):
    return next(iter(attribute.get("value", {})), "empty").removesuffix("Value")


if __name__ == "__main__":
    main()
