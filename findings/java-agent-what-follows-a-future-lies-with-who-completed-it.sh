#!/bin/bash
# The Java agent takes a trace along into executors, but not into what follows a CompletableFuture: `thenAccept` and
# `thenAcceptAsync` that Ann's request wrote run, with their spans, in the request of whoever completes the future.
#
# Why it matters to who writes rules: where requests wait for one value (a cache that loads once for all, an answer that a listener
# hands out, a batch), all their work lies in one trace: a tenant's trace has another tenant's charges, "a request charges
# once" is violated, and "each order is charged" too. With one request at a time all is right.
#
# Expectation: what a request hands to another thread stays its own, as with submit() and runAsync().
# Versions: opentelemetry-javaagent 2.33.1, Java 17.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-api</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Later.java <<'JAVA'
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.concurrent.*;
import java.util.function.Consumer;

public class Later {
    static final Tracer tracer = GlobalOpenTelemetry.getTracer("probe");

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        CompletableFuture<String> rate = new CompletableFuture<>();
        CompletableFuture<?> all;
        Span ann = tracer.spanBuilder("request of Ann").startSpan();
        try (Scope current = ann.makeCurrent()) {
            pool.submit(() -> charge("by submit").accept("")).get();
            Consumer<String> wrapped = Context.current().wrapConsumer(charge("by thenAccept of what is wrapped"));
            all = CompletableFuture.allOf(rate.thenAccept(charge("by thenAccept")),
                rate.thenAcceptAsync(charge("by thenAcceptAsync"), pool), rate.thenAccept(wrapped));
        }
        Span bob = tracer.spanBuilder("request of Bob").startSpan();
        try (Scope current = bob.makeCurrent()) {
            rate.complete("1.1");
        }
        all.get();
        bob.end();
        ann.end();
        pool.shutdown();
    }

    static Consumer<String> charge(String how) {
        return rate -> tracer.spanBuilder("charge of Ann " + how).startSpan().end();
    }
}
JAVA
javac -cp 'lib/*' -d . Later.java
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=console \
  java -javaagent:agent.jar -cp '.:lib/*' Later >out 2>err
# The console exporter writes a line a span: 'name' : trace id, and so on.
cat out err | sed -nE "s/.* - '(.*)' : ([0-9a-f]{32}) .*/\2 \1/p" | sort > spans
for request in Ann Bob; do
  trace=$(sed -nE "s/ request of $request$//p" spans)
  sed -nE "s/^$trace charge of Ann (.*)/charge of Ann \1: in the request of $request/p" spans
done | sort > seen
seen=$(cat seen)

echo "opentelemetry-javaagent 2.33.1: Ann's request charges when a future is there, which Bob's completes"
echo "expected: each charge in the request of Ann"
echo "seen:"; echo "$seen"
[ "$seen" = "charge of Ann by submit: in the request of Ann
charge of Ann by thenAccept of what is wrapped: in the request of Ann
charge of Ann by thenAccept: in the request of Bob
charge of Ann by thenAcceptAsync: in the request of Bob" ] || { echo "the behaviour changed"; exit 1; }
