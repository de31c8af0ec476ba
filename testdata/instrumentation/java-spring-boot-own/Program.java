package shop;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * A shop of Spring Boot with Tomcat, and its client, without an agent: Spring observes itself.
 *
 * <p>Five requests: two answered, one to no route, one whose handler throws, one that answers 503 itself. The client then makes a call
 * that times out and one that is refused: seven calls.
 */
@SpringBootApplication
@RestController
public class Program {
    public static void main(String[] arguments) {
        Map<String, Object> settings = Map.of(
                "server.address", "127.0.0.1",
                "server.port", System.getenv("PORT"),
                "spring.main.banner-mode", "off",
                "logging.level.root", "off",
                "spring.application.name", System.getenv("OTEL_SERVICE_NAME"),
                "management.tracing.sampling.probability", 1,
                "management.otlp.metrics.export.enabled", false,
                "management.opentelemetry.tracing.export.otlp.endpoint", System.getenv("OTEL_EXPORTER_OTLP_ENDPOINT") + "/v1/traces");
        SpringApplication shop = new SpringApplication(Program.class);
        shop.setDefaultProperties(settings);
        var context = shop.run();
        ask(context.getBean(RestClient.Builder.class));
        System.exit(SpringApplication.exit(context));
    }

    private static void ask(RestClient.Builder builder) {
        RestClient client = client(builder, Duration.ofSeconds(30));
        String here = "http://127.0.0.1:" + System.getenv("PORT");
        get(client, here + "/orders/7?access_token=secret");
        for (String path : new String[] {"/orders/8", "/nothing", "/throws", "/unavailable"}) {
            get(client, here + path);
        }
        get(client(builder, Duration.ofSeconds(1)), System.getenv("UPSTREAM") + "/slow");
        get(client, System.getenv("REFUSED"));
    }

    private static RestClient client(RestClient.Builder builder, Duration patience) {
        var requests = new JdkClientHttpRequestFactory();
        requests.setReadTimeout(patience);
        return builder.clone().requestFactory(requests).build();
    }

    private static void get(RestClient client, String url) {
        try {
            client.get().uri(URI.create(url)).retrieve().toBodilessEntity();
        } catch (RestClientException fault) {
            // That it fails is what it is for.
        }
    }

    @GetMapping("/orders/{id}")
    public Map<String, Integer> order(@PathVariable int id) {
        return Map.of("order", id);
    }

    @GetMapping("/throws")
    public void fault() {
        throw new IllegalStateException("no such order");
    }

    @GetMapping("/unavailable")
    public ResponseEntity<String> unavailable() {
        return ResponseEntity.status(503).body("come back later");
    }
}
