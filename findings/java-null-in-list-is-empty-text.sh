#!/bin/bash
# A list of texts with a hole in it, ["a", null, "b"]: the Java SDK exports the hole as the empty text "", Node and
# Python as a value that is not set. Read back from OTLP, a missing element and an empty one are the same from Java.
#
# Why it matters to who writes rules: "every element of the list is known" is kept by an empty text, and a comparison
# of lists between a Java service and its Node caller finds a difference that neither program has.
#
# Expectation: the specification asks SDKs to keep a null within a list as it is.
# Versions: opentelemetry-sdk and exporter-logging-otlp 1.63.0 (Java), sdk-trace-base 2.12.1, otlp-transformer 0.223.1 (Node).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk</artifactId><version>1.63.0</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-exporter-logging-otlp</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Hole.java <<'JAVA'
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.exporter.logging.otlp.OtlpJsonLoggingSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.Arrays;
import java.util.logging.*;

public class Hole {
    public static void main(String[] args) {
        Logger logger = Logger.getLogger(OtlpJsonLoggingSpanExporter.class.getName());
        logger.setUseParentHandlers(false);
        logger.addHandler(new Handler() {
            @Override public void publish(LogRecord line) { System.out.println(line.getMessage()); }
            @Override public void flush() { }
            @Override public void close() { }
        });
        SdkTracerProvider provider = SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(OtlpJsonLoggingSpanExporter.create())).build();
        provider.get("probe").spanBuilder("retrieve")
            .setAttribute(AttributeKey.stringArrayKey("documents"), Arrays.asList("a", null, "b")).startSpan().end();
        provider.close();
    }
}
JAVA
java -cp "$(cat classpath)" Hole.java > java.json
npm init -y >/dev/null
npm install --silent @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/otlp-transformer@0.223.1
cat > hole.js <<'JS'
const { BasicTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { JsonTraceSerializer } = require('@opentelemetry/otlp-transformer');
const exporter = {
  export(spans, done) { console.log(new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans))); done({ code: 0 }); },
  shutdown: () => Promise.resolve(),
};
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const span = provider.getTracer('probe').startSpan('retrieve');
span.setAttribute('documents', ['a', null, 'b']);
span.end();
JS
node hole.js > node.json
cat > read.py <<'PY'
import json
def documents(scope_spans):
    return scope_spans[0]["spans"][0]["attributes"][0]["value"]["arrayValue"]["values"]
java = documents(json.load(open("java.json"))["scopeSpans"])
node = documents(json.load(open("node.json"))["resourceSpans"][0]["scopeSpans"])
print("set by both: [\"a\", null, \"b\"]; expected from both: the hole stays a hole")
print("opentelemetry-sdk 1.63.0 (Java):", json.dumps(java))
print("sdk-trace-base 2.12.1 (Node):   ", json.dumps(node))
assert java[1] == {"stringValue": ""} and node[1] == {}, (java, node)
PY
python3 read.py
