#!/bin/bash
# A call of Spring's WebClient that `timeout` gives up ends the caller's work with a TimeoutException. The client sees only that it is
# cancelled: its span is OK, with `exception` "none". That it never had an answer is told by the text "CLIENT_ERROR" where the code
# would stand, and by `outcome` "UNKNOWN". A timeout set on the request's answer itself is an ERROR.
#
# Why it matters to who writes rules: `status == ERROR` and exception events find none of the calls that took too long, which is how
# most calls of a slow service end; `status matches "^5"` neither. OK says that somebody vouches for it.
#
# Expectation: a call without an answer is an ERROR, or UNSET at least.
# Versions: spring-webflux 7.0.5, micrometer-tracing-bridge-otel 1.7.2, micrometer-observation 1.17.2.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.micrometer</groupId><artifactId>micrometer-tracing-bridge-otel</artifactId><version>1.7.2</version></dependency>
<dependency><groupId>io.micrometer</groupId><artifactId>micrometer-observation</artifactId><version>1.17.2</version></dependency>
<dependency><groupId>org.springframework</groupId><artifactId>spring-webflux</artifactId><version>7.0.5</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk-testing</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Probe.java <<'JAVA'
import io.micrometer.observation.*;
import io.micrometer.tracing.handler.*;
import io.micrometer.tracing.otel.bridge.*;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.*;
import java.time.Duration;
import java.util.TreeMap;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

public class Probe {
    static InMemorySpanExporter spans = InMemorySpanExporter.create();

    public static void main(String[] args) throws Exception {
        SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
        OtelTracer tracer = new OtelTracer(provider.get("probe"), new OtelCurrentTraceContext(), event -> { });
        OtelPropagator propagator = new OtelPropagator(
            ContextPropagators.create(W3CTraceContextPropagator.getInstance()), provider.get("probe"));
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new PropagatingSenderTracingObservationHandler<>(tracer, propagator));
        // Takes connections, and never says a word.
        ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        String address = "http://127.0.0.1:" + silent.getLocalPort();
        WebClient plain = WebClient.builder().clientConnector(new JdkClientHttpConnector()).observationRegistry(registry)
            .baseUrl(address).build();
        JdkClientHttpConnector impatient = new JdkClientHttpConnector();
        impatient.setReadTimeout(Duration.ofMillis(300));
        WebClient set = WebClient.builder().clientConnector(impatient).observationRegistry(registry).baseUrl(address).build();
        show("timeout around the call", plain.get().uri("/orders").retrieve().bodyToMono(String.class).timeout(Duration.ofMillis(300)));
        show("timeout of the connector", set.get().uri("/orders").retrieve().bodyToMono(String.class));
        System.exit(0);
    }

    static void show(String what, Mono<String> call) throws Exception {
        boolean raised = false;
        try {
            call.block();
        } catch (RuntimeException error) {
            raised = true;
        }
        for (int i = 0; i < 100 && spans.getFinishedSpanItems().isEmpty(); i++) Thread.sleep(50);
        for (var span : spans.getFinishedSpanItems()) {
            var values = new TreeMap<String, Object>();
            span.getAttributes().forEach((key, value) -> values.put(key.getKey(), value));
            values.keySet().retainAll(java.util.List.of("status", "outcome", "exception"));
            System.out.println(what + ", raised " + raised + ": " + span.getKind() + " " + span.getStatus().getStatusCode() + " " + values);
        }
        spans.reset();
    }
}
JAVA
seen=$(java -cp "$(cat classpath)" Probe.java 2>/dev/null)

echo "spring-webflux 7.0.5, micrometer-tracing-bridge-otel 1.7.2: a call that is never answered, given up in two ways"
echo "expected: ERROR of both"
echo "seen:"; echo "$seen"
[ "$seen" = "timeout around the call, raised true: CLIENT OK {exception=none, outcome=UNKNOWN, status=CLIENT_ERROR}
timeout of the connector, raised true: CLIENT ERROR {exception=WebClientRequestException, outcome=UNKNOWN, status=CLIENT_ERROR}" ] || { echo "the behaviour changed"; exit 1; }
