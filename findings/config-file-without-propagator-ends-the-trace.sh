#!/bin/bash
# Configured by its environment an SDK sends and takes up the W3C's traceparent and baggage unless told otherwise. Configured by a
# file (declarative configuration, OTEL_CONFIG_FILE) that has no `propagator` it does neither: each service makes spans, exports them,
# and begins a trace of its own. OTEL_PROPAGATORS is not looked at, and nothing is logged. The schema says so to who looks it up.
#
# Why it matters to who writes rules: whoever moves from variables to a file sees as many spans as before, and every rule across
# services changes its verdict: what another service has to do is never there, bounds of a request never reached.
#
# Expectation: a part that a file leaves out is as it is by default.
# Versions: otelconf v0.27.0 (Go), opentelemetry-javaagent 2.33.1, Java 17.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > without.yaml <<'YAML'
file_format: "1.0"
tracer_provider:
  processors:
    - simple:
        exporter:
          console:
YAML
{ cat without.yaml; printf 'propagator:\n  composite:\n    - tracecontext:\n    - baggage:\n'; } > with.yaml

export GOFLAGS=-mod=mod
go mod init probe 2>/dev/null
go get go.opentelemetry.io/contrib/otelconf@v0.27.0 go.opentelemetry.io/otel@v1.47.0 2>/dev/null
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/contrib/otelconf"
	"go.opentelemetry.io/otel/propagation"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	config, err := otelconf.ParseYAML(text)
	must(err)
	sdk, err := otelconf.NewSDK(otelconf.WithOpenTelemetryConfiguration(*config))
	must(err)
	ctx, span := sdk.TracerProvider().Tracer("shop").Start(context.Background(), "order")
	headers := propagation.MapCarrier{}
	sdk.Propagator().Inject(ctx, headers)
	fmt.Printf("recording %t, sends %v\n", span.IsRecording(), headers.Keys())
}
GO
go build -o probe . 2>/dev/null

cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-api</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Probe.java <<'JAVA'
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.TreeMap;

public class Probe {
    public static void main(String[] args) {
        Span span = GlobalOpenTelemetry.getTracer("shop").spanBuilder("order").startSpan();
        Map<String, String> headers = new TreeMap<>();
        GlobalOpenTelemetry.getPropagators().getTextMapPropagator().inject(Context.root().with(span), headers, Map::put);
        System.out.println("recording " + span.isRecording() + ", sends " + headers.keySet());
    }
}
JAVA
javac -cp "lib/*" -d . Probe.java

export OTEL_PROPAGATORS=tracecontext,baggage
java=(java -javaagent:agent.jar -cp "lib/*:." Probe)
seen=$(
  for file in without with; do
    echo "Go, $file: $(./probe $file.yaml)"
    echo "Java, $file: $(OTEL_CONFIG_FILE=$file.yaml "${java[@]}" 2>/dev/null)"
  done
  echo "Java, no file: $(OTEL_TRACES_EXPORTER=none OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none "${java[@]}" 2>/dev/null)"
)

echo "otelconf v0.27.0 and opentelemetry-javaagent 2.33.1, configured by a file without and with a propagator: what a span sends on"
echo "expected: traceparent, five times"
echo "seen:"; echo "$seen"
[ "$seen" = "Go, without: recording true, sends []
Java, without: recording true, sends []
Go, with: recording true, sends [traceparent]
Java, with: recording true, sends [traceparent]
Java, no file: recording true, sends [traceparent]" ] || { echo "the behaviour changed"; exit 1; }
