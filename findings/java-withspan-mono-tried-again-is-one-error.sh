#!/bin/bash
# A method with @WithSpan that returns a Mono of Reactor and is tried again by `retry` has one span for all attempts. It ends with the
# first of them: an ERROR with an exception event, also where the second attempt goes well and the caller gets its answer.
# With `repeat` it is over after the first time as well. The same call in a loop has a span each.
#
# Why it matters to who writes rules: an ERROR stands in a request where nothing failed in the end, attempts cannot be counted ("no more
# than three"), and the attempt that brought the answer, or failed last, has no span: "a failed charge is followed by one
# that goes well" is violated where it held.
#
# Expectation: each attempt has a span of its own; or the one span has the outcome and the length of all.
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
import reactor.core.publisher.Mono;

public class Shop {
    static int attempts;

    // Fails but for each third time, and takes its time.
    static Mono<String> bank() {
        return Mono.delay(Duration.ofMillis(50)).map(tick -> {
            if (++attempts % 3 != 0) throw new IllegalStateException("busy");
            return "paid";
        });
    }

    @WithSpan("charge, tried again by retry")
    static Mono<String> charge() {
        return bank();
    }

    @WithSpan("charge, tried again in a loop")
    static Mono<String> chargeOnce() {
        return bank();
    }

    @WithSpan("charge, three times by repeat")
    static Mono<String> chargeOften() {
        return Mono.delay(Duration.ofMillis(50)).map(tick -> "paid");
    }

    @WithSpan("request with retry")
    static void retried() {
        System.err.println("answer: " + charge().retry(2).block());
    }

    @WithSpan("request with a loop")
    static void looped() {
        for (int i = 0; i < 3; i++) {
            try {
                System.err.println("answer: " + chargeOnce().block());
            } catch (IllegalStateException busy) {
                continue;
            }
        }
    }

    @WithSpan("request with repeat")
    static void repeated() {
        System.err.println("answers: " + chargeOften().repeat(2).collectList().block());
    }

    public static void main(String[] arguments) {
        retried();
        looped();
        repeated();
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
end = lambda span: int(span["endTimeUnixNano"])
for span in spans:
    below = [other for other in spans if other.get("parentSpanId") == span["spanId"]]
    for other in below:
        # Two more attempts take 100 ms at least.
        early = ", over before the second attempt" if len(below) == 1 and end(span) - end(other) > 90e6 else ""
        print(span["name"] + ":", other["name"], ["UNSET", "OK", "ERROR"][other["status"].get("code", 0)] + early)')

echo "opentelemetry-javaagent 2.33.1, reactor-core 3.8.0: a charge that goes well the third time, and one that is done three times"
echo "expected: three charges in each request, one of the first two ones' without ERROR"
echo "seen:"; grep '^answer' err; echo "$seen"
[ "$(grep '^answer' err)" = "answer: paid
answer: paid
answers: [paid, paid, paid]" ] || { echo "not all were answered"; exit 1; }
[ "$seen" = "request with retry: charge, tried again by retry ERROR, over before the second attempt
request with a loop: charge, tried again in a loop ERROR
request with a loop: charge, tried again in a loop ERROR
request with a loop: charge, tried again in a loop UNSET
request with repeat: charge, three times by repeat UNSET, over before the second attempt" ] || { echo "the behaviour changed"; exit 1; }
