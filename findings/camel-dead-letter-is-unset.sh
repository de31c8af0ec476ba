#!/bin/bash
# A message that fails in a Camel route as often as it may, and is then put aside (a dead letter channel, or `handled(true)`), leaves
# no ERROR and no exception event: its spans are those of a message that went well. And each step from route to route is two
# spans of one name, one within the other, told apart by `op` alone; `url.path` is the name of the endpoint.
#
# Why it matters to who writes rules: "a failed charge is told of" sees only the routes that handle no errors; counts of a step are
# twice what happened, and rules on `url.path` are asked of what is no URL.
#
# Expectation: what was tried and given up has a mark that it failed, wherever it was put, and an attempt its exception event.
# Versions: camel-core and camel-opentelemetry2 4.14.0, opentelemetry-sdk 1.63.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.camel</groupId><artifactId>camel-core</artifactId><version>4.14.0</version></dependency>
<dependency><groupId>org.apache.camel</groupId><artifactId>camel-opentelemetry2</artifactId><version>4.14.0</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk-testing</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Probe.java <<'JAVA'
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.apache.camel.*;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.opentelemetry2.OpenTelemetryTracer;

public class Probe {
    static int attempts;

    public static void main(String[] arguments) throws Exception {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
        CamelContext camel = new DefaultCamelContext();
        camel.getRegistry().bind("tracer", provider.get("probe"));
        new OpenTelemetryTracer().init(camel);
        Processor charge = exchange -> {
            attempts++;
            throw new IllegalStateException("card refused");
        };
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:fails").process(charge);
                from("direct:handled").onException(Exception.class).handled(true).end().process(charge);
                from("direct:dead-letter")
                    .errorHandler(deadLetterChannel("direct:aside").maximumRedeliveries(2).redeliveryDelay(0)).process(charge);
                from("direct:aside").process(exchange -> { });
            }
        });
        camel.start();
        for (String route : new String[] {"fails", "handled", "dead-letter"}) {
            attempts = 0;
            try {
                camel.createProducerTemplate().sendBody("direct:" + route, "order 42");
            } catch (CamelExecutionException fault) {
                // The caller of a route that handles nothing is told.
            }
            System.out.println(route + ", attempts " + attempts + ":");
            for (var span : spans.getFinishedSpanItems()) {
                System.out.println("  " + span.getName() + " " + span.getAttributes().get(AttributeKey.stringKey("op")) + " "
                    + span.getStatus().getStatusCode() + " with " + span.getEvents().size() + " events, url.path "
                    + span.getAttributes().get(AttributeKey.stringKey("url.path")));
            }
            spans.reset();
        }
        camel.stop();
    }
}
JAVA
seen=$(java -cp "$(cat classpath)" Probe.java 2>/dev/null)

echo "camel-opentelemetry2 4.14.0: a message that fails in three routes, of which two handle that"
echo "expected: an exception event or ERROR of each; one span a route"
echo "seen:"; echo "$seen"
[ "$seen" = "fails, attempts 1:
  fails EVENT_RECEIVED ERROR with 1 events, url.path fails
  fails EVENT_SENT ERROR with 1 events, url.path fails
handled, attempts 1:
  handled EVENT_RECEIVED UNSET with 0 events, url.path handled
  handled EVENT_SENT UNSET with 0 events, url.path handled
dead-letter, attempts 3:
  aside EVENT_RECEIVED UNSET with 0 events, url.path aside
  aside EVENT_SENT UNSET with 0 events, url.path aside
  dead-letter EVENT_RECEIVED UNSET with 0 events, url.path dead-letter
  dead-letter EVENT_SENT UNSET with 0 events, url.path dead-letter" ] || { echo "the behaviour changed"; exit 1; }
