#!/bin/bash
# The wrapped Kafka consumer for Java ends a message's span when the program asks for the next one. Where the handling throws out
# of the loop nobody asks: that span is never sent, and it stays the current one of the thread. What the thread does outside of
# messages from then on is below it, and so are messages of producers that are not traced.
#
# Why it matters to who writes rules: the failed message has no span, so that "a message that fails is told of" has nothing to ask;
# its trace grows for as long as the program runs, and what is counted or awaited in it is the work of others.
#
# Expectation: a message's span ends with its handling, or with the next poll at the latest, and takes the error along.
# Versions: opentelemetry-kafka-clients-2.6 2.31.1-alpha, kafka-clients 4.4.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-kafka-clients-2.6</artifactId><version>2.31.1-alpha</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId><version>4.4.0</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk-testing</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Probe.java <<'JAVA'
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.instrumentation.kafkaclients.v2_6.KafkaTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;

public class Probe {
    static Tracer tracer;

    static void handle(ConsumerRecord<String, String> message) {
        tracer.spanBuilder("charge " + message.value()).startSpan().end();
        if (message.value().equals("b")) throw new IllegalStateException("card refused");
    }

    public static void main(String[] args) {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
        tracer = provider.get("probe");
        // Kafka's own consumer for tests: the messages are here, and no broker is needed.
        MockConsumer<String, String> queue = new MockConsumer<>("earliest");
        TopicPartition partition = new TopicPartition("orders", 0);
        queue.assign(List.of(partition));
        queue.updateBeginningOffsets(Map.of(partition, 0L));
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder().setTracerProvider(provider)
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance())).build();
        Consumer<String, String> consumer = KafkaTelemetry.create(sdk).wrap(queue);
        long offset = 0;
        for (List<String> polled : List.of(List.of("a", "b"), List.of("c"), List.of("d"))) {
            for (String value : polled) {
                ConsumerRecord<String, String> message = new ConsumerRecord<>("orders", 0, offset++, "key", value);
                // All but d come from a producer that is traced.
                String parent = "00-" + value.repeat(32) + "-" + value.repeat(16) + "-01";
                if (!value.equals("d")) message.headers().add("traceparent", parent.getBytes());
                queue.addRecord(message);
            }
            try {
                for (ConsumerRecord<String, String> message : consumer.poll(Duration.ofMillis(10))) handle(message);
            } catch (IllegalStateException refused) {
                // Told of, and on to what is next.
            }
            tracer.spanBuilder("report after " + polled).startSpan().end();
        }
        var sent = spans.getFinishedSpanItems();
        for (var span : sent) {
            if (span.getKind() == SpanKind.CONSUMER) continue;
            boolean known = sent.stream().anyMatch(one -> one.getSpanId().equals(span.getParentSpanId()));
            System.out.println(span.getName() + ": trace " + span.getTraceId().charAt(0) + ", parent " + (known ? "sent" : "never sent"));
        }
    }
}
JAVA
seen=$(java -cp "$(cat classpath)" Probe.java 2>/dev/null)

echo "opentelemetry-kafka-clients-2.6 2.31.1-alpha: messages a to d, of which b throws and d comes from nowhere; a report after each poll"
echo "expected: each message's span is sent, d and the reports are traces of their own"
echo "seen:"; echo "$seen"
[ "$seen" = "charge a: trace a, parent sent
charge b: trace b, parent never sent
report after [a, b]: trace b, parent never sent
charge c: trace c, parent sent
report after [c]: trace b, parent never sent
charge d: trace b, parent sent
report after [d]: trace b, parent never sent" ] || { echo "the behaviour changed"; exit 1; }
