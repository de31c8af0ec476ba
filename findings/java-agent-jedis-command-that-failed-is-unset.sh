#!/bin/bash
# By the Java agent a command of Jedis that raised is a span that is UNSET without an event: one that Redis refused, a script that is not
# there, and one whose answer did not come in time. So is a pipeline or a transaction of which a command failed, and a transaction that
# Redis did not run as a watched key had changed. (Commands of Lettuce are ERROR with their exception under the same agent.)
#
# Why it matters to who writes rules: "a failed call is dealt with" has no failure of Redis to ask about, and a lock or a write that was
# refused is a call that went well.
#
# Expectation: a CLIENT span whose call raised is an ERROR with its exception.
# Versions: opentelemetry-javaagent 2.33.1, opentelemetry-instrumentation-annotations 2.33.1, jedis 8.0.2; Debian's redis-server.
set -eu
work=$(mktemp -d); server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT; cd "$work"
# Redis as Debian packs it, unpacked here and not installed.
apt-get download -q redis-tools liblzf1 libjemalloc2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" redis; done
ln -sf redis-check-rdb redis/usr/bin/redis-server
port=$(python3 -c 'import socket; free = socket.socket(); free.bind(("127.0.0.1", 0)); print(free.getsockname()[1])')
LD_LIBRARY_PATH=$(echo redis/usr/lib/*-linux-gnu*) redis/usr/bin/redis-server --bind 127.0.0.1 --port "$port" --save '' >log &
server=$!
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-instrumentation-annotations</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>redis.clients</groupId><artifactId>jedis</artifactId><version>8.0.2</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Shop.java <<'JAVA'
import io.opentelemetry.instrumentation.annotations.*;
import java.util.function.Supplier;
import redis.clients.jedis.*;

public class Shop {
    @WithSpan("request")
    static void request(@SpanAttribute("what") String what, Supplier<?> work) {
        String answer;
        try {
            answer = String.valueOf(work.get());
        } catch (RuntimeException failed) {
            answer = "raised " + failed.getClass().getSimpleName();
        }
        System.err.println("CALL " + what + ": " + answer);
    }

    public static void main(String[] arguments) {
        int port = Integer.parseInt(arguments[0]);
        Jedis jedis = new Jedis("127.0.0.1", port);
        Jedis impatient = new Jedis("127.0.0.1", port, 500);
        jedis.set("name", "Ada");
        impatient.get("name");
        request("asked", () -> jedis.get("name"));
        request("refused", () -> jedis.incr("name"));
        request("no script", () -> jedis.evalsha("ffffffffffffffffffffffffffffffffffffffff"));
        request("pipeline", () -> {
            Pipeline pipeline = jedis.pipelined();
            pipeline.incr("name");
            return pipeline.syncAndReturnAll().size() + " answers";
        });
        jedis.watch("order");
        impatient.set("order", "another's");
        request("transaction", () -> {
            Transaction transaction = jedis.multi();
            transaction.set("order", "mine");
            return transaction.exec();
        });
        jedis.clientPause(3000);
        request("too late", () -> impatient.get("name"));
    }
}
JAVA
javac -cp 'lib/*' -d . Shop.java
for _ in $(seq 100); do grep -q 'Ready to accept connections' log && break; sleep 0.1; done
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=logging-otlp \
  java -javaagent:agent.jar -cp '.:lib/*' Shop "$port" >out 2>err
seen=$(cat out err | python3 -c '
import json, sys
calls, what, spans = {}, {}, []
for line in sys.stdin:
    if line.startswith("CALL "):
        name, answer = line.strip()[5:].split(": ")
        calls[name] = answer
    if "{\"resource\"" in line:
        for scope in json.loads(line[line.index("{\"resource\""):])["scopeSpans"]:
            spans += scope["spans"]
for span in spans:
    for value in span["attributes"]:
        if value["key"] == "what":
            what[value["value"]["stringValue"]] = span["traceId"]
for name, answer in calls.items():
    below = ["[%s %s, %d events]" % (span["name"], ["UNSET", "OK", "ERROR"][span["status"].get("code", 0)], len(span.get("events", [])))
             for span in spans if span["traceId"] == what[name] and span["kind"] == 3]
    print(name + ":", answer + ",", *below)')

echo "opentelemetry-javaagent 2.33.1, jedis 8.0.2: a command that goes well, and five ways to fail"
echo "expected: ERROR of all but the first"
echo "seen:"; echo "$seen"
[ "$seen" = "asked: Ada, [GET UNSET, 0 events]
refused: raised JedisDataException, [INCR UNSET, 0 events]
no script: raised JedisNoScriptException, [EVALSHA UNSET, 0 events]
pipeline: 1 answers, [INCR UNSET, 0 events]
transaction: null, [SET UNSET, 0 events]
too late: raised JedisConnectionException, [GET UNSET, 0 events]" ] || { echo "the behaviour changed"; exit 1; }
