#!/bin/bash
# A call by the JDK's HttpClient that is cancelled leaves no CLIENT span: the Java agent starts one and never ends it.
# Spring's RestClient cancels where its read timeout is over, so that exactly the calls that time out are missing, and
# what they asked, if it is traced, hangs below a parent that never comes.
#
# Why it matters to who writes rules: "a call that timed out" is found by no rule on spans of clients; the trace looks
# cut off, or does not exist.
#
# Expectation: a span with an error, as the same client's own timeout gets (HttpRequest.timeout).
# Versions: opentelemetry-javaagent 2.33.1, spring-web 7.0.5, Java 17.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>org.springframework</groupId><artifactId>spring-web</artifactId><version>7.0.5</version></dependency>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Call.java <<'JAVA'
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

public class Call {
    interface Asked { void ask() throws Exception; }

    static void attempt(Asked asked) {
        try {
            asked.ask();
        } catch (Exception fault) {
            System.out.println("failed");
        }
    }

    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> {
            try {
                if (exchange.getRequestURI().getPath().startsWith("/slow")) Thread.sleep(20_000);
            } catch (InterruptedException fault) {
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        String here = "http://127.0.0.1:" + server.getAddress().getPort();
        var impatient = new JdkClientHttpRequestFactory();
        impatient.setReadTimeout(Duration.ofSeconds(2));
        RestClient rest = RestClient.builder().requestFactory(impatient).build();
        HttpClient plain = HttpClient.newHttpClient();
        attempt(() -> rest.get().uri(URI.create(here + "/answered")).retrieve().toBodilessEntity());
        attempt(() -> rest.get().uri(URI.create(here + "/slow-by-rest-client")).retrieve().toBodilessEntity());
        HttpRequest slow = HttpRequest.newBuilder(URI.create(here + "/slow-by-its-own-timeout")).timeout(Duration.ofSeconds(2)).build();
        attempt(() -> plain.send(slow, HttpResponse.BodyHandlers.discarding()));
        System.exit(0);
    }
}
JAVA
javac -cp 'lib/*' -d . Call.java
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=console \
  java -javaagent:agent.jar -cp '.:lib/*' Call >out 2>err
# Of each span of a client the path that it asked.
seen=$(cat out err | grep ' CLIENT ' | grep -o 'url.full=[^,}]*' | grep -o '/[a-z-]*$' | sort)

echo "opentelemetry-javaagent 2.33.1: three calls, one answered, two that time out; spans of the client"
echo "expected: /answered, /slow-by-its-own-timeout, /slow-by-rest-client"
echo "seen:"; echo "$seen"
[ "$(grep -c '^failed$' out)" = 2 ] && [ "$seen" = "/answered
/slow-by-its-own-timeout" ] || { echo "the behaviour changed"; exit 1; }
