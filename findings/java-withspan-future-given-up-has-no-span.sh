#!/bin/bash
# A method with @WithSpan that returns a CompletableFuture has a span that ends when the method's own future does. Whoever calls it gets
# a copy: if the caller gives up (`cancel`, or `orTimeout` on what was returned), the span does not end and is never sent, and
# what lies below it is orphaned. A timeout within the method is an ERROR.
#
# Why it matters to who writes rules: the calls that took too long are the ones that leave no span: "each call of the bank is answered
# in a second" finds none that is not, and "a call that timed out is tried again" is asked of nobody.
#
# Expectation: a call that is given up has a span, as one has that returns a Mono of Reactor, whoever gives it up.
# Versions: opentelemetry-javaagent 2.33.1, opentelemetry-instrumentation-annotations 2.33.1, Java 17.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-instrumentation-annotations</artifactId><version>2.33.1</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Bank.java <<'JAVA'
import io.opentelemetry.instrumentation.annotations.WithSpan;
import java.util.concurrent.*;

public class Bank {
    static final CompletableFuture<String> slow = new CompletableFuture<>();

    @WithSpan("answered")
    static CompletableFuture<String> answered() {
        return CompletableFuture.supplyAsync(() -> "yes");
    }

    @WithSpan("timeout within")
    static CompletableFuture<String> timeoutWithin() {
        return new CompletableFuture<String>().orTimeout(20, TimeUnit.MILLISECONDS);
    }

    @WithSpan("timeout of the caller")
    static CompletableFuture<String> timeoutOfTheCaller() {
        return new CompletableFuture<>();
    }

    @WithSpan("cancelled by the caller")
    static CompletableFuture<String> cancelledByTheCaller() {
        return new CompletableFuture<>();
    }

    public static void main(String[] arguments) throws Exception {
        answered().get();
        attempt(timeoutWithin());
        attempt(timeoutOfTheCaller().orTimeout(20, TimeUnit.MILLISECONDS));
        CompletableFuture<String> call = cancelledByTheCaller();
        call.cancel(true);
        attempt(call);
    }

    static void attempt(CompletableFuture<String> call) throws InterruptedException {
        try {
            call.get();
        } catch (ExecutionException | CancellationException fault) {
            System.err.println("given up");
        }
    }
}
JAVA
javac -cp 'lib/*' -d . Bank.java
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=logging-otlp \
  java -javaagent:agent.jar -cp '.:lib/*' Bank >out 2>err
seen=$(cat out err | python3 -c '
import json, sys
for line in sys.stdin:
    if "{\"resource\"" in line:
        for scope in json.loads(line[line.index("{\"resource\""):])["scopeSpans"]:
            for span in scope["spans"]:
                print(span["name"] + ":", ["UNSET", "OK", "ERROR"][span["status"].get("code", 0)])' | sort)

echo "opentelemetry-javaagent 2.33.1: four methods with @WithSpan that return a CompletableFuture, three of which are given up"
echo "expected: four spans, three with ERROR or a mark"
echo "seen:"; echo "$seen"
[ "$(grep -c 'given up' err)" = 3 ] || { echo "not all were given up"; exit 1; }
[ "$seen" = "answered: UNSET
timeout within: ERROR" ] || { echo "the behaviour changed"; exit 1; }
