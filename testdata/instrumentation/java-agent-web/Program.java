import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;

/**
 * A shop of the JDK's own server, and its client.
 *
 * <p>Five calls: two answered, one to no route, one whose handler throws, one that answers 503 itself. Where the handler throws, the
 * server closes the connection without a word, and the client asks once more: six requests. The client then makes a call that times
 * out and one that is refused: seven calls. The handler of orders asks the database once, that of the second order twice,
 * the second time for a table that there is not: three calls of it.
 */
public class Program {
    public static void main(String[] arguments) throws Exception {
        HikariConfig config = new HikariConfig();
        URI postgres = URI.create(System.getenv("POSTGRES"));
        config.setJdbcUrl("jdbc:postgresql://" + postgres.getHost() + ":" + postgres.getPort() + postgres.getPath());
        config.setUsername(postgres.getUserInfo());
        config.setMaximumPoolSize(1);
        try (HikariDataSource database = new HikariDataSource(config)) {
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
            server.setExecutor(Executors.newFixedThreadPool(2));
            server.createContext("/orders/", exchange -> {
                order(database, exchange.getRequestURI().getPath().substring("/orders/".length()));
                answer(exchange, 200);
            });
            server.createContext("/throws", exchange -> {
                throw new IllegalStateException("no such order");
            });
            server.createContext("/unavailable", exchange -> answer(exchange, 503));
            server.start();
            String here = "http://127.0.0.1:" + server.getAddress().getPort();
            HttpClient client = HttpClient.newHttpClient();
            for (String path : new String[] {"/orders/7?access_token=secret", "/orders/8", "/nothing", "/throws", "/unavailable"}) {
                get(client, here + path, Duration.ofSeconds(30));
            }
            get(client, System.getenv("UPSTREAM") + "/slow", Duration.ofSeconds(1));
            get(client, System.getenv("REFUSED"), Duration.ofSeconds(30));
            server.stop(1);
        }
        System.exit(0);
    }

    /** Asks for one order, and of the eighth for what there is not. */
    private static void order(HikariDataSource database, String id) {
        try (var connection = database.getConnection(); var statement = connection.prepareStatement("SELECT 1 WHERE ? <> ''")) {
            statement.setString(1, id);
            statement.executeQuery().next();
            if (id.equals("8")) {
                try (var other = connection.createStatement()) {
                    other.executeQuery("SELECT item FROM nothing WHERE id = 8");
                }
            }
        } catch (SQLException fault) {
            // That it fails is what it is for.
        }
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, 2);
        exchange.getResponseBody().write("{}".getBytes());
        exchange.close();
    }

    private static void get(HttpClient client, String url, Duration patience) throws InterruptedException {
        try {
            client.send(HttpRequest.newBuilder(URI.create(url)).timeout(patience).build(), BodyHandlers.ofString());
        } catch (IOException fault) {
            // That it fails is what it is for.
        }
    }
}
