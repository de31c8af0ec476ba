#!/bin/bash
# The Java SDK tells attributes of a span apart by name and type together. A span whose `amount` is set as text by one
# layer and as a number by another is exported with `amount` twice (three types, three times); the earlier values are not
# replaced, and nothing is logged. Attributes made with the builder (events, resources) keep the last one only.
#
# Why it matters to who writes rules: OTLP says that keys are unique, and every reader takes its own pick: the order of
# the copies is that of a hash table, so neither "first" nor "last" is the value that was set last.
#
# Expectation: the API's page says that setting a key again overwrites the old value; an instrumentation that writes
# "200" and a handler that writes 200 make one attribute.
# Versions: opentelemetry-sdk and opentelemetry-exporter-logging-otlp 1.63.0 (Java).
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
cat > Twice.java <<'JAVA'
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.logging.otlp.OtlpJsonLoggingSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.logging.*;

public class Twice {
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
        var span = provider.get("probe").spanBuilder("charge").setAttribute("amount", "12").startSpan();
        span.setAttribute("amount", 12L);
        span.setAttribute("amount", 13L);
        span.setAttribute("amount", 13.5);
        span.addEvent("priced", Attributes.builder().put("amount", "12").put(AttributeKey.longKey("amount"), 13L).build());
        span.end();
        provider.close();
    }
}
JAVA
java -cp "$(cat classpath)" Twice.java > line.json
cat > read.py <<'PY'
import json
span = json.load(open("line.json"))["scopeSpans"][0]["spans"][0]
values = [next(iter(a["value"].items())) for a in span["attributes"] if a["key"] == "amount"]
event = [next(iter(a["value"].items())) for a in span["events"][0]["attributes"]]
print("opentelemetry-sdk 1.63.0 (Java): amount set to \"12\", 12, 13 and 13.5, in this order")
print("expected: one attribute amount, 13.5")
print("seen on the span: ", values)
print("seen on the event:", event)
assert sorted(v for _, v in values if isinstance(v, str)) == ["12", "13"] and ("doubleValue", 13.5) in values and len(values) == 3, values
assert event == [("intValue", "13")], event
PY
python3 read.py
