#!/bin/bash
# Micrometer's bridge to OpenTelemetry sets the span of a call to OK at its end where no exception was reported of it. One that
# was answered with 500 is OK where the program looks at the code itself, and ERROR where Spring's client throws for it.
#
# Why it matters to who writes rules: `status == ERROR` finds the failed calls of programs that let the client throw, and none of
# those that handle them. OK says that a developer vouches for it, and no later stage may set another status.
#
# Expectation: instrumentation leaves the status UNSET, and the conventions say ERROR for a client's call with 4xx or 5xx.
# Versions: micrometer-tracing-bridge-otel 1.7.2, micrometer-observation 1.17.2, spring-web 7.0.5.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.micrometer</groupId><artifactId>micrometer-tracing-bridge-otel</artifactId><version>1.7.2</version></dependency>
<dependency><groupId>io.micrometer</groupId><artifactId>micrometer-observation</artifactId><version>1.17.2</version></dependency>
<dependency><groupId>org.springframework</groupId><artifactId>spring-web</artifactId><version>7.0.5</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk-testing</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Probe.java <<'JAVA'
import com.sun.net.httpserver.HttpServer;
import io.micrometer.observation.*;
import io.micrometer.tracing.handler.*;
import io.micrometer.tracing.otel.bridge.*;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.*;
import java.util.function.Consumer;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.client.*;

public class Probe {
    public static void main(String[] args) throws Exception {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
        OtelTracer tracer = new OtelTracer(provider.get("probe"), new OtelCurrentTraceContext(), event -> { });
        OtelPropagator propagator = new OtelPropagator(
            ContextPropagators.create(W3CTraceContextPropagator.getInstance()), provider.get("probe"));
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new PropagatingSenderTracingObservationHandler<>(tracer, propagator));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> { exchange.sendResponseHeaders(500, -1); exchange.close(); });
        server.start();
        try {
            RestClient client = RestClient.builder().observationRegistry(registry)
                .baseUrl("http://127.0.0.1:" + server.getAddress().getPort()).build();
            call(spans, client, "by exchange()", get -> get.exchange((request, answer) -> answer.getStatusCode()));
            call(spans, client, "by onStatus()",
                get -> get.retrieve().onStatus(HttpStatusCode::isError, (request, answer) -> { }).toBodilessEntity());
            call(spans, client, "not at all", get -> get.retrieve().toBodilessEntity());
        } finally {
            server.stop(0);
        }
    }

    static void call(InMemorySpanExporter spans, RestClient client, String handled, Consumer<RestClient.RequestHeadersSpec<?>> how) {
        try {
            how.accept(client.get().uri("/orders"));
        } catch (HttpServerErrorException thrown) {
            // What is handled by nothing else.
        }
        for (var span : spans.getFinishedSpanItems()) {
            String code = String.valueOf(span.getAttributes().asMap().entrySet().stream()
                .filter(pair -> pair.getKey().getKey().equals("status")).findFirst().get().getValue());
            System.out.println("500 handled " + handled + ": " + span.getKind() + " status=" + code + " " + span.getStatus().getStatusCode());
        }
        spans.reset();
    }
}
JAVA
seen=$(java -cp "$(cat classpath)" Probe.java 2>/dev/null)

echo "micrometer-tracing-bridge-otel 1.7.2, spring-web 7.0.5: a client's call that is answered with 500"
echo "expected: ERROR each time, or UNSET where nobody said so"
echo "seen:"; echo "$seen"
[ "$seen" = "500 handled by exchange(): CLIENT status=500 OK
500 handled by onStatus(): CLIENT status=500 OK
500 handled not at all: CLIENT status=500 ERROR" ] || { echo "the behaviour changed"; exit 1; }
