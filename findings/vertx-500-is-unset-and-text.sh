#!/bin/bash
# Vert.x's own OpenTelemetry tracing leaves a request that was answered with 500, or whose handler threw, UNSET without an event, at
# the server and at the client. The code is the text "500", and there is no http.route. A message over the event bus within one
# process is a CLIENT and a SERVER span.
#
# Why it matters to who writes rules: `status == ERROR` finds no failed request, `http.response.status_code >= 500` compares a text
# with a number, and whoever counts requests by SERVER spans counts messages too.
#
# Expectation: the conventions: ERROR for 5xx at both ends, the code as an integer, and CONSUMER for who takes a message.
# Versions: vertx-opentelemetry, vertx-web 5.0.7, opentelemetry-sdk-testing 1.63.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencyManagement><dependencies>
<dependency><groupId>io.vertx</groupId><artifactId>vertx-stack-depchain</artifactId><version>5.0.7</version><type>pom</type><scope>import</scope></dependency>
</dependencies></dependencyManagement><dependencies>
<dependency><groupId>io.vertx</groupId><artifactId>vertx-web</artifactId></dependency>
<dependency><groupId>io.vertx</groupId><artifactId>vertx-opentelemetry</artifactId></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk-testing</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Probe.java <<'JAVA'
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.vertx.core.Vertx;
import io.vertx.core.http.*;
import io.vertx.core.tracing.TracingPolicy;
import io.vertx.ext.web.Router;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.util.List;

public class Probe {
    public static void main(String[] args) throws Exception {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder().setTracerProvider(provider)
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance())).build();
        Vertx vertx = Vertx.builder().withTracer(new OpenTelemetryTracingFactory(sdk)).build();
        Router router = Router.router(vertx);
        router.get("/orders/:id").handler(request -> request.response().setStatusCode(500).end());
        router.get("/throws").handler(request -> { throw new IllegalStateException("out of stock"); });
        vertx.eventBus().consumer("stock", message -> message.reply("left"));
        router.get("/stock").handler(request ->
            vertx.eventBus().request("stock", "?").onComplete(answer -> request.response().end()));
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setTracingPolicy(TracingPolicy.ALWAYS))
            .requestHandler(router).listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get();
        HttpClient client = vertx.createHttpClient(new HttpClientOptions().setTracingPolicy(TracingPolicy.ALWAYS));
        for (String path : List.of("/orders/7", "/throws", "/stock")) {
            client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", path).compose(HttpClientRequest::send)
                .compose(HttpClientResponse::body).toCompletionStage().toCompletableFuture().get();
            Thread.sleep(500);
            spans.getFinishedSpanItems().stream().map(span -> path + ": " + span.getName() + " " + span.getKind() + " "
                + span.getStatus().getStatusCode() + attribute(span.getAttributes().asMap(), "http.response.status_code")
                + attribute(span.getAttributes().asMap(), "http.route")).sorted().forEach(System.out::println);
            spans.reset();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get();
    }

    static String attribute(java.util.Map<io.opentelemetry.api.common.AttributeKey<?>, Object> attributes, String name) {
        return attributes.entrySet().stream().filter(pair -> pair.getKey().getKey().equals(name))
            .map(pair -> ", " + name + " " + pair.getKey().getType() + " " + pair.getValue()).findFirst().orElse("");
    }
}
JAVA
seen=$(java -cp "$(cat classpath)" Probe.java 2>/dev/null)

echo "vertx-opentelemetry 5.0.7: a request that is answered with 500, one whose handler throws, one that asks over the event bus"
echo "expected: ERROR for the first two, codes of type LONG, routes, and a CONSUMER"
echo "seen:"; echo "$seen"
[ "$seen" = "/orders/7: GET CLIENT UNSET, http.response.status_code STRING 500
/orders/7: GET SERVER UNSET, http.response.status_code STRING 500
/throws: GET CLIENT UNSET, http.response.status_code STRING 500
/throws: GET SERVER UNSET, http.response.status_code STRING 500
/stock: GET CLIENT UNSET, http.response.status_code STRING 200
/stock: GET SERVER UNSET, http.response.status_code STRING 200
/stock: send CLIENT UNSET
/stock: send SERVER UNSET" ] || { echo "the behaviour changed"; exit 1; }
