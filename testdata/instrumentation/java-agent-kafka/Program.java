import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A sender and its worker: four messages are sent, the fourth too large for the topic; three are worked on, the third of them fails. */
public class Program {
    public static void main(String[] arguments) throws InterruptedException {
        String kafka = System.getenv("KAFKA");
        Map<String, Object> sending = Map.of("bootstrap.servers", kafka, "max.request.size", 2000);
        try (var producer = new KafkaProducer<>(sending, new StringSerializer(), new StringSerializer())) {
            for (String item : List.of("a chair", "a lamp", "nothing", "x".repeat(4000))) {
                try {
                    producer.send(new ProducerRecord<>("orders", "7", item)).get();
                } catch (ExecutionException fault) {
                    // That it fails is what it is for.
                }
            }
        }
        Map<String, Object> working = Map.of("bootstrap.servers", kafka, "group.id", "shipping", "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(working, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("orders"));
            for (int worked = 0; worked < 3; ) {
                for (ConsumerRecord<String, String> message : consumer.poll(Duration.ofSeconds(1))) {
                    ship(message);
                    worked++;
                }
            }
        }
    }

    private static void ship(ConsumerRecord<String, String> message) {
        if (message.value().equals("nothing")) {
            // The worker goes on: who looks at the span sees nothing of it.
            System.err.println("nothing to ship");
        }
    }
}
