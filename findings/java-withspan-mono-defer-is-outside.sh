#!/bin/bash
# What a method with @WithSpan puts off by `Mono.defer`, by a supplier in `Mono.fromFuture`, or by `flatMap` on `Mono.just`, runs beside
# its span, not below it. The same work in `Mono.fromCallable`, or in an operator behind a Mono that takes its time, lies
# below, and so does what a future that was begun at once does.
#
# Why it matters to who writes rules: `inside` and `children` of such a span find nothing of the calls that were made for it, and two
# such methods of one request are not told apart by what they did. Putting work off is what Reactor's own pages advise.
#
# Expectation: what a Mono does when it is subscribed to lies below the span of the method that made it, in whichever form.
# Versions: opentelemetry-javaagent 2.33.1, opentelemetry-instrumentation-annotations 2.33.1, reactor-core 3.8.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-instrumentation-annotations</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.projectreactor</groupId><artifactId>reactor-core</artifactId><version>3.8.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Shop.java <<'JAVA'
import io.opentelemetry.instrumentation.annotations.WithSpan;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import reactor.core.publisher.Mono;

public class Shop {
    @WithSpan("bank")
    static String bank() {
        return "paid";
    }

    @WithSpan("fromCallable")
    static Mono<String> callable() {
        return Mono.fromCallable(Shop::bank);
    }

    @WithSpan("map behind a delay")
    static Mono<String> map() {
        return Mono.delay(Duration.ofMillis(1)).map(tick -> bank());
    }

    @WithSpan("flatMap")
    static Mono<String> flatMap() {
        return Mono.just("order").flatMap(order -> Mono.just(bank()));
    }

    @WithSpan("fromFuture")
    static Mono<String> future() {
        return Mono.fromFuture(CompletableFuture.supplyAsync(Shop::bank));
    }

    @WithSpan("fromFuture put off")
    static Mono<String> futureLater() {
        return Mono.fromFuture(() -> CompletableFuture.supplyAsync(Shop::bank));
    }

    @WithSpan("defer")
    static Mono<String> defer() {
        return Mono.defer(() -> Mono.just(bank()));
    }

    @WithSpan("all")
    static void all() {
        callable().block();
        map().block();
        future().block();
        flatMap().block();
        futureLater().block();
        defer().block();
    }

    public static void main(String[] arguments) {
        all();
    }
}
JAVA
javac -cp 'lib/*' -d . Shop.java
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=logging-otlp \
  java -javaagent:agent.jar -cp '.:lib/*' Shop >out 2>err
seen=$(cat out err | python3 -c '
import json, sys
spans = []
for line in sys.stdin:
    if "{\"resource\"" in line:
        for scope in json.loads(line[line.index("{\"resource\""):])["scopeSpans"]:
            spans += scope["spans"]
spans.sort(key=lambda span: int(span["startTimeUnixNano"]))
names = {span["spanId"]: span["name"] for span in spans}
print("\n".join("bank below " + names[span["parentSpanId"]] for span in spans if span["name"] == "bank"))')

echo "opentelemetry-javaagent 2.33.1, reactor-core 3.8.0: six methods with @WithSpan, each of which calls a bank when it is subscribed to"
echo "expected: a bank below each of fromCallable, map behind a delay, fromFuture, flatMap, fromFuture put off, defer"
echo "seen:"; echo "$seen"
[ "$seen" = "bank below fromCallable
bank below map behind a delay
bank below fromFuture
bank below all
bank below all
bank below all" ] || { echo "the behaviour changed"; exit 1; }
