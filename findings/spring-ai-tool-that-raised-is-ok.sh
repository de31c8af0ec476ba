#!/bin/bash
# Spring AI's own spans, made by Micrometer: a tool that raised is `execute_tool` with OK and no event, as one that answered, for the
# exception was made a text for the model before the observation ended. The counts of tokens are texts ("100"), as everything is
# that goes through Micrometer, and the tool's name stands in `spring.ai.tool.definition.name`, not in `gen_ai.tool.name`.
#
# Why it matters to who writes rules: "no tool fails" holds for agents all of whose tools fail; a budget of tokens adds up texts; and
# OK, unlike UNSET, says that somebody looked.
#
# Expectation: ERROR of a tool that raised, and integers, as the conventions have it whose names these are.
# Versions: Spring AI 2.0.1 (spring-ai-openai, -client-chat), micrometer-tracing-bridge-otel 1.7.2, Java 17.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencyManagement><dependencies>
<dependency><groupId>org.springframework.ai</groupId><artifactId>spring-ai-bom</artifactId><version>2.0.1</version><type>pom</type><scope>import</scope></dependency>
</dependencies></dependencyManagement><dependencies>
<dependency><groupId>org.springframework.ai</groupId><artifactId>spring-ai-openai</artifactId></dependency>
<dependency><groupId>org.springframework.ai</groupId><artifactId>spring-ai-client-chat</artifactId></dependency>
<dependency><groupId>io.micrometer</groupId><artifactId>micrometer-tracing-bridge-otel</artifactId><version>1.7.2</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk-testing</artifactId><version>1.63.0</version></dependency>
<dependency><groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-annotations</artifactId><version>2.21</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Probe.java <<'JAVA'
import com.sun.net.httpserver.HttpServer;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.model.tool.DefaultToolCallingManager;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.function.FunctionToolCallback;

public class Probe {
    record Item(String item) {}

    static final String ASKS = """
        {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",
        "function":{"name":"stock","arguments":"{\\"item\\":\\"tea\\"}"}}]},"finish_reason":"tool_calls\"""";
    static final String ANSWERS = """
        {"role":"assistant","content":"Yes."},"finish_reason":"stop\"""";
    static final String ANSWER = """
        {"id":"1","object":"chat.completion","created":1,"model":"gpt-test","choices":[{"index":0,"message":%s}],
        "usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}}""";

    /** A model that asks for the tool and answers, in turns. */
    static HttpServer model() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] body = ANSWER.formatted(calls.getAndIncrement() % 2 == 0 ? ASKS : ANSWERS).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("content-type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    public static void main(String[] args) throws Exception {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
        Tracer own = provider.get("shop");
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new DefaultTracingObservationHandler(
            new OtelTracer(own, new OtelCurrentTraceContext(), event -> { })));
        HttpServer server = model();
        OpenAiChatModel model = OpenAiChatModel.builder().observationRegistry(registry)
            .toolCallingManager(DefaultToolCallingManager.builder().observationRegistry(registry).build())
            .options(OpenAiChatOptions.builder().baseUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .apiKey("none").model("gpt-test").build()).build();
        for (String how : List.of("answers", "raises")) {
            var tool = FunctionToolCallback.builder("stock", (Item item) -> {
                // A way out: a span of one's own in the tool.
                Span span = own.spanBuilder("stock of " + item.item()).startSpan();
                try {
                    if (how.equals("raises")) {
                        throw new IllegalStateException("the store is away");
                    }
                    return 3;
                } catch (IllegalStateException exception) {
                    span.setStatus(StatusCode.ERROR).recordException(exception);
                    throw exception;
                } finally {
                    span.end();
                }
            }).description("How many are left").inputType(Item.class).build();
            ChatClient.create(model, registry, null, null).prompt("Is there tea?").toolCallbacks(List.of(tool)).call().content();
            for (var span : spans.getFinishedSpanItems()) {
                if (span.getName().contains("stock")) {
                    System.out.println("a tool that " + how + ": " + span.getName() + " " + span.getStatus().getStatusCode() + ", "
                        + span.getEvents().size() + " events");
                }
                span.getAttributes().forEach((key, value) -> {
                    if (how.equals("answers") && (key.getKey().equals("gen_ai.usage.input_tokens") || key.getKey().endsWith("tool.name")
                            || key.getKey().endsWith("definition.name"))) {
                        System.out.println("    " + key.getKey() + ": " + key.getType() + " " + value);
                    }
                });
            }
            spans.reset();
        }
        server.stop(0);
    }
}
JAVA
seen=$(timeout 60 java -cp "$(cat classpath)" Probe.java 2>/dev/null)

echo "Spring AI 2.0.1: what spans say of a tool that answers, and of one that raises"
echo "expected: ERROR of the second, LONG, gen_ai.tool.name"
echo "seen:"; echo "$seen"
[ "$seen" = "    gen_ai.usage.input_tokens: STRING 100
a tool that answers: stock of tea UNSET, 0 events
a tool that answers: execute_tool stock OK, 0 events
    spring.ai.tool.definition.name: STRING stock
    gen_ai.usage.input_tokens: STRING 100
a tool that raises: stock of tea ERROR, 1 events
a tool that raises: execute_tool stock OK, 0 events" ] || { echo "the behaviour changed"; exit 1; }
