#!/bin/bash
# By the Java agent a statement of R2DBC has its span when its result was read: an INSERT of which the program reads nothing, by
# `then` or `block` behind `statement.execute()`, is done and has no span. One of which `getRowsUpdated` is read has one. Begin and
# rollback of a transaction have none.
#
# Why it matters to who writes rules: "each order is stored" is violated by services that store it, and "nothing is written before the check"
# holds where something was; a read in the same class is seen.
#
# Expectation: a statement that the database ran has a span, whether its count of rows is wanted or not.
# What to do, run here: read the count (`flatMap(Result::getRowsUpdated)`).
# Versions: opentelemetry-javaagent 2.33.1, opentelemetry-instrumentation-annotations 2.33.1, r2dbc-h2 1.1.0.RELEASE, reactor-core 3.8.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-instrumentation-annotations</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.projectreactor</groupId><artifactId>reactor-core</artifactId><version>3.8.0</version></dependency>
<dependency><groupId>io.r2dbc</groupId><artifactId>r2dbc-h2</artifactId><version>1.1.0.RELEASE</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Shop.java <<'JAVA'
import io.opentelemetry.instrumentation.annotations.*;
import io.r2dbc.spi.*;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.*;

public class Shop {
    static Connection connection;

    static Publisher<? extends Result> insert(int id) {
        return connection.createStatement("insert into orders values ($1)").bind("$1", id).execute();
    }

    static long stored() {
        return Flux.from(connection.createStatement("select count(*) from orders").execute())
            .flatMap(result -> result.map((row, metadata) -> row.get(0, Long.class))).blockLast();
    }

    @WithSpan("request")
    static void request(@SpanAttribute("how") String how, Supplier<?> work) {
        work.get();
    }

    // Counts outside of the request, so that the request has the spans of its own work alone.
    static void run(String how, Supplier<?> work) {
        long before = stored();
        request(how, work);
        System.err.println("stored by " + how + ": " + (stored() - before));
    }

    public static void main(String[] arguments) {
        connection = Mono.from(ConnectionFactories.get("r2dbc:h2:mem:///shop").create()).block();
        Flux.from(connection.createStatement("create table orders(id int primary key)").execute()).flatMap(Result::getRowsUpdated).blockLast();
        run("getRowsUpdated", () -> Flux.from(insert(1)).flatMap(Result::getRowsUpdated).blockLast());
        run("Flux, then", () -> Flux.from(insert(2)).then().block());
        run("Mono, then", () -> Mono.from(insert(3)).then().block());
        run("Mono, block", () -> Mono.from(insert(4)).block());
        run("transaction", () -> {
            Mono.from(connection.beginTransaction()).block();
            Flux.from(insert(5)).flatMap(Result::getRowsUpdated).blockLast();
            return Mono.from(connection.rollbackTransaction()).block();
        });
    }
}
JAVA
javac -cp 'lib/*' -d . Shop.java
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=logging-otlp \
  java -javaagent:agent.jar -cp '.:lib/*' Shop >out 2>err
seen=$(cat out err | python3 -c '
import json, sys
stored, how, spans = {}, {}, []
for line in sys.stdin:
    if line.startswith("stored by "):
        name, count = line.strip()[10:].split(": ")
        stored[name] = count
    if "{\"resource\"" in line:
        for scope in json.loads(line[line.index("{\"resource\""):])["scopeSpans"]:
            spans += scope["spans"]
for span in spans:
    for value in span["attributes"]:
        if value["key"] == "how":
            how[value["value"]["stringValue"]] = span["traceId"]
for name, count in stored.items():
    below = [span["name"].split()[0] for span in spans if span["traceId"] == how[name] and span["name"] != "request"]
    print(name + ": stored", count + ", spans", *(below or ["none"]))')

echo "opentelemetry-javaagent 2.33.1, r2dbc-h2 1.1.0: an order is stored in four ways, and in a transaction that is rolled back"
echo "expected: an INSERT each time"
echo "seen:"; echo "$seen"
[ "$seen" = "getRowsUpdated: stored 1, spans INSERT
Flux, then: stored 1, spans none
Mono, then: stored 1, spans none
Mono, block: stored 1, spans none
transaction: stored 0, spans INSERT" ] || { echo "the behaviour changed"; exit 1; }
