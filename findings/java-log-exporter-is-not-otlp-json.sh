#!/bin/bash
# The Java SDK's OtlpJsonLoggingSpanExporter (its page says: in OTLP JSON format) writes one bare ResourceSpans object a
# line, without the outer {"resourceSpans": [...]}. The Collector's own JSON reader takes such a line as a valid message
# with nothing in it: no error, no span.
#
# Why it matters to who writes rules: a log turned into a recording is read as empty by every tool built on the
# Collector's reader, and a check over an empty recording passes.
#
# Expectation: the OTLP file format has one TracesData a line, and a reader told "OTLP JSON" refuses an object in which
# it knows no field at its top level, or the writer wraps it.
# Versions: opentelemetry-exporter-logging-otlp 1.63.0 with SDK 1.63.0, go.opentelemetry.io/collector/pdata v1.64.0.
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
cat > Log.java <<'JAVA'
import io.opentelemetry.exporter.logging.otlp.OtlpJsonLoggingSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.logging.*;

public class Log {
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
        provider.get("probe").spanBuilder("charge").startSpan().end();
        provider.close();
    }
}
JAVA
java -cp "$(cat classpath)" Log.java > line.json

export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/collector/pdata@v1.64.0 2>/dev/null
cat > main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

func main() {
	line, err := os.ReadFile("line.json")
	if err != nil {
		panic(err)
	}
	top := map[string]any{}
	if err := json.Unmarshal(line, &top); err != nil {
		panic(err)
	}
	fmt.Println("keys at the top:", slices.Sorted(maps.Keys(top)))
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
	fmt.Println("the Collector reads: error", err, "spans", traces.SpanCount())
}
GO
seen=$(nice go run .)

echo "opentelemetry-exporter-logging-otlp 1.63.0 writes one span, pdata v1.64.0 reads it"
echo "expected: keys [resourceSpans], 1 span; or else an error"
echo "seen:"; echo "$seen"
[ "$seen" = "keys at the top: [resource scopeSpans]
the Collector reads: error <nil> spans 0" ] || { echo "the behaviour changed"; exit 1; }
