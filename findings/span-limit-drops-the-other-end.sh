#!/bin/bash
# A span over the limit of 128 attributes keeps the first ones in Java and Node, the last ones in Python. With events it
# is the other way round: Java keeps the first, Python and Node the last.
#
# Why it matters to who writes rules: what was set at the start of a span (user, tenant, route, the request's model) is
# gone in Python, and the end (outcome, the exception that ended it) is gone elsewhere. A rule that asks for it sees a
# span that never had it.
#
# Expectation: the specification says that an attribute which would exceed the limit is to be discarded.
# Versions: opentelemetry-sdk (Python) 1.45.1, @opentelemetry/sdk-trace-base 2.12.1, opentelemetry-sdk (Java) 1.68.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry</groupId><artifactId>opentelemetry-sdk</artifactId><version>1.68.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null

cat > limit.py <<'PY'
import logging
from opentelemetry.sdk.trace import TracerProvider
logging.disable()
span = TracerProvider().get_tracer("probe").start_span("busy")
for i in range(130):
    span.set_attribute(f"a{i}", i)
    span.add_event(f"e{i}")
span.end()
keys = list(span.attributes)
print("python:", keys[0], keys[-1], span.events[0].name, span.events[-1].name)
PY
cat > limit.mjs <<'JS'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
const span = new BasicTracerProvider().getTracer('probe').startSpan('busy');
for (let i = 0; i < 130; i++) span.setAttribute(`a${i}`, i).addEvent(`e${i}`);
span.end();
const keys = Object.keys(span.attributes);
console.log('node:', keys[0], keys.at(-1), span.events[0].name, span.events.at(-1).name);
JS
cat > Limit.java <<'JAVA'
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.*;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.*;

public class Limit {
    public static void main(String[] args) {
        var provider = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(SpanExporter.composite())).build();
        var span = provider.get("probe").spanBuilder("busy").startSpan();
        for (int i = 0; i < 130; i++) span.setAttribute("a" + i, i).addEvent("e" + i);
        span.end();
        SpanData data = ((ReadableSpan) span).toSpanData();
        for (String key : new String[] {"a0", "a127", "a129"})
            if (data.getAttributes().get(AttributeKey.longKey(key)) != null) System.out.print(key + " ");
        System.out.println(data.getEvents().get(0).getName() + " " + data.getEvents().get(127).getName());
    }
}
JAVA
seen=$(v/bin/python limit.py; node limit.mjs; printf 'java: '; java -cp "$(cat classpath)" Limit.java)

echo "130 attributes a0..a129 and 130 events e0..e129 on one span, limit 128: first and last that are kept"
echo "expected: a0 a127 e0 e127 from every SDK"
echo "seen:"; echo "$seen"
[ "$seen" = "python: a2 a129 e2 e129
node: a0 a127 e2 e129
java: a0 a127 e0 e127" ] || { echo "the behaviour changed"; exit 1; }
