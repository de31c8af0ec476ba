#!/bin/bash
# The Java agent takes a program that is started from its source (`java Program.java`, as scripts and samples are since Java 11) for a
# tool of the JDK and does not start. The program runs on, exits with 0, and sends nothing; a line on standard error says so.
#
# Why it matters: a trace of such a job never comes, and rules about it are silent as if it had not run.
#
# Expectation: the same spans as from the compiled class.
# Versions: opentelemetry-javaagent 2.33.1, Java 17.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
cat > Job.java <<'JAVA'
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.*;

public class Job {
    public static void main(String[] args) throws Exception {
        try (var server = new ServerSocket(0)) {
            new Thread(() -> {
                try (var client = server.accept()) {
                    client.getInputStream().read(new byte[4096]);
                    client.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes());
                } catch (Exception fault) {
                    throw new RuntimeException(fault);
                }
            }).start();
            URI here = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/");
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build().send(HttpRequest.newBuilder(here).build(), HttpResponse.BodyHandlers.discarding());
        }
        System.out.println("done");
    }
}
JAVA
javac -d classes Job.java
run() { OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=console java -javaagent:lib/opentelemetry-javaagent-2.33.1.jar "$@" >out 2>&1; }
run -cp classes Job
compiled="$(grep -c '^done$' out) done, $(grep -c ' CLIENT ' out) span"
run Job.java
source="$(grep -c '^done$' out) done, $(grep -c ' CLIENT ' out || true) span"

echo "opentelemetry-javaagent 2.33.1: one request of a client, from the class and from its source"
echo "expected: 1 done, 1 span; 1 done, 1 span"
echo "seen: $compiled; $source"
[ "$compiled; $source" = "1 done, 1 span; 1 done, 0 span" ] || { echo "the behaviour changed"; exit 1; }
