#!/bin/bash
# OpenTracing's tags span.kind and error are its words for kind and status. The shims that carry old code over to
# OpenTelemetry leave span.kind an attribute of an INTERNAL span, in Python and Java alike; error=true becomes status
# ERROR in Java and stays a mere attribute in Python.
#
# Why it matters to who writes rules: a rule that picks SERVER or CLIENT spans sees nothing of such a service; failed
# spans of the Python half are UNSET.
#
# Expectation: the specification's OpenTracing page maps the error tag to the span's status; a kind that both standards
# have by the same names would be mapped too.
# Versions: opentelemetry-opentracing-shim (Python) 0.66b1; io.opentelemetry:opentelemetry-opentracing-shim 1.63.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 opentelemetry-opentracing-shim==0.66b1
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk</artifactId><version>1.63.0</version></dependency>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-opentracing-shim</artifactId><version>1.63.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null

cat > shim.py <<'PY'
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.shim.opentracing_shim import create_tracer

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
with create_tracer(provider).start_active_span("serve", tags={"span.kind": "server"}) as scope:
    scope.span.set_tag("error", True)
span = spans.get_finished_spans()[0]
print("python:", span.kind.name, span.status.status_code.name, dict(span.attributes))
PY
cat > Shim.java <<'JAVA'
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.opentracingshim.OpenTracingShim;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.*;

public class Shim {
    public static void main(String[] args) {
        SpanProcessor print = new SpanProcessor() {
            @Override public void onStart(io.opentelemetry.context.Context parent, ReadWriteSpan span) { }
            @Override public boolean isStartRequired() { return false; }
            @Override public boolean isEndRequired() { return true; }
            @Override public void onEnd(ReadableSpan span) {
                var data = span.toSpanData();
                System.out.println("java: " + data.getKind() + " " + data.getStatus().getStatusCode()
                    + " span.kind=" + data.getAttributes().get(AttributeKey.stringKey("span.kind")));
            }
        };
        var sdk = OpenTelemetrySdk.builder().setTracerProvider(SdkTracerProvider.builder().addSpanProcessor(print).build()).build();
        var span = OpenTracingShim.createTracerShim(sdk).buildSpan("serve").withTag("span.kind", "server").start();
        span.setTag("error", true);
        span.finish();
    }
}
JAVA
seen=$(v/bin/python shim.py; java -cp "$(cat classpath)" Shim.java)

echo "OpenTracing shims, Python 0.66b1 and Java 1.63.0: span.kind=server, error=true"
echo "expected: SERVER ERROR from both"
echo "seen:"; echo "$seen"
[ "$seen" = "python: INTERNAL UNSET {'span.kind': 'server', 'error': True}
java: INTERNAL ERROR span.kind=server" ] || { echo "the behaviour changed"; exit 1; }
