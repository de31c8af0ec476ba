#!/bin/bash
# Spring's own OpenTelemetry convention for server requests writes error.type = "none" on every request that succeeded,
# and http.route = "NOT_FOUND" or "UNKNOWN" where no route matched. A 500 that the handler set has error.type "none" too.
#
# Why it matters to who writes rules: exists(error.type), the usual mark of a failed request, holds for every request;
# exists(http.route) holds for a scan of paths that do not exist. The failures themselves are not marked.
#
# Expectation: the conventions say that error.type SHOULD NOT be set when there was no error, and http.route is only set
# when a route is known. The class bears OpenTelemetry's name.
# Versions: spring-web 7.0.5 with micrometer-observation as it resolves, spring-test 7.0.5 for the request.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>org.springframework</groupId><artifactId>spring-web</artifactId><version>7.0.5</version></dependency>
<dependency><groupId>org.springframework</groupId><artifactId>spring-test</artifactId><version>7.0.5</version></dependency>
<dependency><groupId>jakarta.servlet</groupId><artifactId>jakarta.servlet-api</artifactId><version>6.1.0</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:build-classpath -Dmdep.outputFile=classpath >/dev/null
cat > Observe.java <<'JAVA'
import org.springframework.http.server.observation.*;
import org.springframework.mock.web.*;

public class Observe {
    static void request(int code, String route) {
        MockHttpServletResponse response = new MockHttpServletResponse();
        response.setStatus(code);
        var context = new ServerRequestObservationContext(new MockHttpServletRequest("GET", "/orders/7"), response);
        context.setPathPattern(route);
        System.out.print(code);
        new OpenTelemetryServerRequestObservationConvention().getLowCardinalityKeyValues(context).forEach(pair -> {
            if (pair.getKey().equals("error.type") || pair.getKey().equals("http.route")) System.out.print(" " + pair.getKey() + "=" + pair.getValue());
        });
        System.out.println();
    }

    public static void main(String[] args) {
        request(200, "/orders/{id}");
        request(500, "/orders/{id}");
        request(404, null);
        request(400, null);
    }
}
JAVA
seen=$(java -cp "$(cat classpath)" Observe.java)

echo "spring-web 7.0.5, OpenTelemetryServerRequestObservationConvention"
echo "expected: error.type on the 500 alone, http.route on the first two alone"
echo "seen:"; echo "$seen"
[ "$seen" = "200 error.type=none http.route=/orders/{id}
500 error.type=none http.route=/orders/{id}
404 error.type=none http.route=NOT_FOUND
400 error.type=none http.route=UNKNOWN" ] || { echo "the behaviour changed"; exit 1; }
