#!/bin/bash
# By the Java agent a call of OkHttp that never left the process is a CLIENT span as of one that did: an answer out of the client's cache, or
# made by an interceptor of its own (a fallback), has the code 200, and a call that an interceptor refuses, as a circuit breaker
# does, is an ERROR. Redirects and attempts that are sent have one each. What was not sent has no `network.peer.address`.
#
# Why it matters to who writes rules: "each call has a server's span below it" and "at most three calls to the bank" are violated by answers
# that cost nothing, and what an open breaker refused counts as the bank's failures.
#
# Expectation: the agent, which counts each attempt on the wire, counts none where there was none, or says so.
# What to do, run here: ask `exists(network.peer.address)` of calls that are to count; one that could not connect has none either.
# Versions: opentelemetry-javaagent 2.33.1, opentelemetry-instrumentation-annotations 2.33.1, okhttp 5.5.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-instrumentation-annotations</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>com.squareup.okhttp3</groupId><artifactId>okhttp-jvm</artifactId><version>5.5.1</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Shop.java <<'JAVA'
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.instrumentation.annotations.*;
import java.io.*;
import java.net.*;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.*;

public class Shop {
    static final AtomicInteger served = new AtomicInteger();
    static String address;

    static OkHttpClient with(Interceptor interceptor) {
        return new OkHttpClient.Builder().addInterceptor(interceptor).build();
    }

    static Response fallback(Interceptor.Chain chain) {
        return new Response.Builder().request(chain.request()).protocol(Protocol.HTTP_1_1).code(200).message("OK")
            .body(ResponseBody.create("by default", null)).build();
    }

    @WithSpan("request")
    static void request(@SpanAttribute("how") String how, OkHttpClient client, String path) {
        int before = served.get();
        String answer;
        try (Response response = client.newCall(new Request.Builder().url(address + path).build()).execute()) {
            answer = response.code() + " " + response.body().string();
        } catch (IOException refused) {
            answer = refused.getMessage();
        }
        System.err.println("CALL " + how + ": " + answer + ", served " + (served.get() - before));
    }

    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            served.incrementAndGet();
            if (exchange.getRequestURI().getPath().equals("/old")) {
                exchange.getResponseHeaders().set("Location", "/rates");
                exchange.sendResponseHeaders(302, -1);
            } else {
                exchange.getResponseHeaders().set("Cache-Control", "max-age=600");
                exchange.sendResponseHeaders(200, 4);
                exchange.getResponseBody().write("rate".getBytes());
            }
            exchange.close();
        });
        server.start();
        address = "http://127.0.0.1:" + server.getAddress().getPort();
        OkHttpClient cached = new OkHttpClient.Builder().cache(new Cache(new File("cache"), 1_000_000)).build();
        request("first", cached, "/rates");
        request("again", cached, "/rates");
        request("fallback", with(Shop::fallback), "/rates");
        request("breaker", with(chain -> { throw new IOException("circuit open"); }), "/rates");
        request("redirect", new OkHttpClient(), "/old");
        server.stop(0);
        System.exit(0);
    }
}
JAVA
javac -cp 'lib/*' -d . Shop.java
# The server's own spans are left out: the calls are asked about.
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=logging-otlp OTEL_INSTRUMENTATION_JAVA_HTTP_SERVER_ENABLED=false \
  java -javaagent:agent.jar -cp '.:lib/*' Shop >out 2>err
seen=$(cat out err | python3 -c '
import json, sys
calls, how, spans = {}, {}, []
for line in sys.stdin:
    if line.startswith("CALL "):
        name, answer = line.strip()[5:].split(": ")
        calls[name] = answer
    if "{\"resource\"" in line:
        for scope in json.loads(line[line.index("{\"resource\""):])["scopeSpans"]:
            spans += scope["spans"]
def of(span):
    return {value["key"]: next(iter(value["value"].values())) for value in span["attributes"]}
for span in spans:
    if span["name"] == "request":
        how[of(span)["how"]] = span["traceId"]
for name, answer in calls.items():
    below = []
    for span in spans:
        if span["traceId"] == how[name] and span["kind"] == 3:
            status = ["UNSET", "OK", "ERROR"][span["status"].get("code", 0)]
            below.append("[%s, code %s, peer %s]" % (status, of(span).get("http.response.status_code"), of(span).get("network.peer.address")))
    print(name + ": " + answer + ", spans", *below)')

echo "opentelemetry-javaagent 2.33.1, okhttp 5.5.1: a call that is sent, one that the cache answers, one that an interceptor answers, one that it refuses, and a redirect"
echo "expected: as many CLIENT spans as were served"
echo "seen:"; echo "$seen"
[ "$seen" = "first: 200 rate, served 1, spans [UNSET, code 200, peer 127.0.0.1]
again: 200 rate, served 0, spans [UNSET, code 200, peer None]
fallback: 200 by default, served 0, spans [UNSET, code 200, peer None]
breaker: circuit open, served 0, spans [ERROR, code None, peer None]
redirect: 200 rate, served 2, spans [UNSET, code 302, peer 127.0.0.1] [UNSET, code 200, peer 127.0.0.1]" ] || { echo "the behaviour changed"; exit 1; }
