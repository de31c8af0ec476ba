package shop;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.dao.DataAccessException;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * A shop of Spring Boot with Tomcat, and its client.
 *
 * <p>Five requests: two answered, one to no route, one whose handler throws, one that answers 503 itself. The client then makes a call
 * that times out and one that is refused: seven calls. The handler of orders asks the database once, that of the second order twice,
 * the second time for a table that there is not: three calls of it.
 */
@SpringBootApplication
@RestController
public class Program {
    private final JdbcTemplate database;

    public Program(JdbcTemplate database) {
        this.database = database;
    }

    public static void main(String[] arguments) {
        URI postgres = URI.create(System.getenv("POSTGRES"));
        Map<String, Object> settings = Map.of(
                "server.address", "127.0.0.1",
                "server.port", System.getenv("PORT"),
                "spring.main.banner-mode", "off",
                "logging.level.root", "off",
                "spring.datasource.hikari.maximum-pool-size", 1,
                "spring.datasource.username", postgres.getUserInfo(),
                "spring.datasource.url", "jdbc:postgresql://" + postgres.getHost() + ":" + postgres.getPort() + postgres.getPath());
        SpringApplication shop = new SpringApplication(Program.class);
        shop.setDefaultProperties(settings);
        var context = shop.run();
        ask();
        System.exit(SpringApplication.exit(context));
    }

    private static void ask() {
        RestClient client = client(Duration.ofSeconds(30));
        String here = "http://127.0.0.1:" + System.getenv("PORT");
        get(client, here + "/orders/7?access_token=secret");
        for (String path : new String[] {"/orders/8", "/nothing", "/throws", "/unavailable"}) {
            get(client, here + path);
        }
        get(client(Duration.ofSeconds(1)), System.getenv("UPSTREAM") + "/slow");
        get(client, System.getenv("REFUSED"));
    }

    private static RestClient client(Duration patience) {
        var requests = new JdkClientHttpRequestFactory();
        requests.setReadTimeout(patience);
        return RestClient.builder().requestFactory(requests).build();
    }

    private static void get(RestClient client, String url) {
        try {
            client.get().uri(URI.create(url)).retrieve().toBodilessEntity();
        } catch (RestClientException fault) {
            // That it fails is what it is for.
        }
    }

    /** One order, and of the eighth what there is not. */
    @GetMapping("/orders/{id}")
    public Map<String, Integer> order(@PathVariable int id) {
        database.queryForObject("SELECT 1 WHERE ? > 0", Integer.class, id);
        if (id == 8) {
            try {
                database.queryForList("SELECT item FROM nothing WHERE id = 8");
            } catch (DataAccessException fault) {
                // That it fails is what it is for.
            }
        }
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
