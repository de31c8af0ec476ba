#!/bin/bash
# A stream of Pekko that takes orders from a queue, as requests put them in, does what waits there in the trace of the request that
# woke it: while the first order is charged two more come in, and all three charges lie below the first request. An order
# that comes when the stream is idle has its charge below its own request, so that tests with one request see nothing.
#
# Why it matters to who writes rules: under load "each order is charged" is violated by every order but the first, which has three
# charges and breaks "no more than one". A stream that is never idle has one trace for ever.
#
# Expectation: what is done for an element lies in the trace that put it in, as an actor's work for a message does; or in a trace of
# the stream.
# Versions: opentelemetry-javaagent 2.33.1, opentelemetry-instrumentation-annotations 2.33.1, pekko-stream_2.13 1.2.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-instrumentation-annotations</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>org.apache.pekko</groupId><artifactId>pekko-stream_2.13</artifactId><version>1.2.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Shop.java <<'JAVA'
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.instrumentation.annotations.*;
import java.util.concurrent.*;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.*;

public class Shop {
    static BoundedSourceQueue<String> queue;
    static ActorRef actor;
    static CountDownLatch done;

    @WithSpan("charge")
    static String charge(@SpanAttribute("order") String order) {
        try {
            Thread.sleep(200);
        } catch (InterruptedException fault) {
            throw new IllegalStateException(fault);
        }
        done.countDown();
        return order;
    }

    @WithSpan("request")
    static void toStream(@SpanAttribute("order") String order) {
        queue.offer(order);
    }

    @WithSpan("request")
    static void toActor(@SpanAttribute("order") String order) {
        actor.tell(order, ActorRef.noSender());
    }

    static class Charger extends AbstractActor {
        @Override public Receive createReceive() {
            return receiveBuilder().match(String.class, Shop::charge).build();
        }
    }

    public static void main(String[] arguments) throws Exception {
        ActorSystem system = ActorSystem.create("shop");
        queue = Source.<String>queue(10)
            .mapAsync(1, order -> CompletableFuture.supplyAsync(() -> charge(order)))
            .to(Sink.ignore()).run(system);
        actor = system.actorOf(Props.create(Charger.class, Charger::new));
        // Once alone, then three at once.
        for (String[] orders : new String[][] {{"1"}, {"2", "3", "4"}}) {
            done = new CountDownLatch(orders.length);
            for (String order : orders) toStream("stream " + order);
            done.await();
            Thread.sleep(200);
        }
        done = new CountDownLatch(3);
        for (int order = 1; order <= 3; order++) toActor("actor " + order);
        done.await();
        Thread.sleep(200);
        system.terminate();
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
order = lambda span: [value["value"]["stringValue"] for value in span["attributes"] if value["key"] == "order"][0]
owner = {span["spanId"]: order(span) for span in spans if span["name"] == "request"}
for line in sorted("%s charged below request %s" % (order(span), owner.get(span.get("parentSpanId"))) for span in spans if span["name"] == "charge"):
    print(line)')

echo "opentelemetry-javaagent 2.33.1, pekko-stream 1.2.0: four orders through a stream, three through an actor; all but the first overlap"
echo "expected: each order is charged below its own request"
echo "seen:"; echo "$seen"
[ "$seen" = "actor 1 charged below request actor 1
actor 2 charged below request actor 2
actor 3 charged below request actor 3
stream 1 charged below request stream 1
stream 2 charged below request stream 2
stream 3 charged below request stream 2
stream 4 charged below request stream 2" ] || { echo "the behaviour changed"; exit 1; }
