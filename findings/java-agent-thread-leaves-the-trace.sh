#!/bin/bash
# The Java agent takes the trace along into executors, scheduled ones and CompletableFutures, and not into a thread: what `new Thread(...)`
# runs that a request starts is a trace of its own. So is what a `Timer` runs and what a subscriber of `SubmissionPublisher` does, which
# the JDK hands to the same common pool as the future.
#
# Why it matters to who writes rules: "each order is audited" is violated by services that audit in a thread or by a timer, and the audit
# stands in a trace without a request; which of them does so, nothing in the trace tells.
#
# Expectation: what a request starts lies in its trace, by whichever of the JDK's own means.
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
cat > Shop.java <<'JAVA'
import io.opentelemetry.context.Context;
import io.opentelemetry.instrumentation.annotations.*;
import java.util.*;
import java.util.concurrent.*;

public class Shop {
    static final ScheduledExecutorService pool = Executors.newScheduledThreadPool(1);
    static final CountDownLatch audited = new CountDownLatch(7);

    @WithSpan("audit")
    static void audit(@SpanAttribute("by") String by) {
        audited.countDown();
    }

    @WithSpan("request")
    static void request() {
        pool.submit(() -> audit("executor"));
        pool.schedule(() -> audit("scheduled executor"), 10, TimeUnit.MILLISECONDS);
        CompletableFuture.runAsync(() -> audit("future"));
        new Thread(() -> audit("thread")).start();
        new Thread(Context.current().wrap(() -> audit("thread, wrapped"))).start();
        new Timer(true).schedule(new TimerTask() {
            @Override public void run() {
                audit("timer");
            }
        }, 10);
        SubmissionPublisher<String> orders = new SubmissionPublisher<>();
        orders.consume(order -> audit("publisher"));
        orders.submit("order");
        orders.close();
    }

    public static void main(String[] arguments) throws Exception {
        request();
        System.err.println("audited: " + audited.await(20, TimeUnit.SECONDS));
        pool.shutdown();
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
request = [span["traceId"] for span in spans if span["name"] == "request"][0]
for span in spans:
    for value in span["attributes"]:
        if value["key"] == "by":
            print(value["value"]["stringValue"] + ":", "in the request" if span["traceId"] == request else "a trace of its own")' | LC_ALL=C sort)

echo "opentelemetry-javaagent 2.33.1: a request has seven audits made, each by another means of the JDK"
echo "expected: all lie in the request's trace"
echo "seen:"; grep '^audited' err; echo "$seen"
[ "$seen" = "executor: in the request
future: in the request
publisher: a trace of its own
scheduled executor: in the request
thread, wrapped: in the request
thread: a trace of its own
timer: a trace of its own" ] || { echo "the behaviour changed"; exit 1; }
