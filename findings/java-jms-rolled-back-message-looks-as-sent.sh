#!/bin/bash
# A JMS message that is sent in a transaction and rolled back was never there for anybody; its PRODUCER span is UNSET as that of one
# that was sent. A message whose handling is rolled back, by `rollback` or, with a listener of a transacted session, each time until
# it is put aside, is UNSET too; a listener that throws is an ERROR. What is done for a message that `receive` took is a trace
# of its own.
#
# Why it matters to who writes rules: "each order that is published is handled" is violated by orders that were called off, and
# "nothing failed" holds for messages that ended among the dead ones.
#
# Expectation: something on the span tells of the rollback; work for a received message lies in its trace, or links to it.
# Versions: opentelemetry-javaagent 2.33.1, opentelemetry-instrumentation-annotations 2.33.1, activemq-broker 6.1.7.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>io.opentelemetry.instrumentation</groupId><artifactId>opentelemetry-instrumentation-annotations</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>org.apache.activemq</groupId><artifactId>activemq-broker</artifactId><version>6.1.7</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.17</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Shop.java <<'JAVA'
import io.opentelemetry.instrumentation.annotations.WithSpan;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.Session;
import java.util.concurrent.*;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.RedeliveryPolicy;
import org.apache.activemq.broker.BrokerService;

public class Shop {
    static Connection connection;

    @WithSpan("work")
    static void work() { }

    static void send(Session session, String queue) throws JMSException {
        session.createProducer(session.createQueue(queue)).send(session.createTextMessage("order"));
    }

    static Session session(boolean transacted) throws JMSException {
        return connection.createSession(transacted, transacted ? Session.SESSION_TRANSACTED : Session.AUTO_ACKNOWLEDGE);
    }

    static void listen(Session session, String queue, MessageListener listener) throws JMSException {
        session.createConsumer(session.createQueue(queue)).setMessageListener(listener);
    }

    public static void main(String[] arguments) throws Exception {
        BrokerService broker = new BrokerService();
        broker.setBrokerName("shop");
        broker.setPersistent(false);
        broker.setUseJmx(false);
        broker.addConnector("vm://shop");
        broker.start();
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory("vm://shop?create=false");
        RedeliveryPolicy twice = new RedeliveryPolicy();
        twice.setInitialRedeliveryDelay(10);
        twice.setMaximumRedeliveries(1);
        factory.setRedeliveryPolicy(twice);
        connection = factory.createConnection();
        connection.start();

        Session plain = session(false);
        Session undone = session(true);
        send(undone, "called-off");
        undone.rollback();
        CountDownLatch dead = new CountDownLatch(2);
        listen(session(false), "ActiveMQ.DLQ", message -> dead.countDown());
        Session handling = session(true);
        listen(handling, "rolled-back", message -> {
            try {
                handling.rollback();
            } catch (JMSException fault) {
                throw new RuntimeException(fault);
            }
        });
        send(plain, "rolled-back");
        listen(session(false), "thrown", message -> {
            throw new RuntimeException("no stock");
        });
        send(plain, "thrown");
        System.err.println("put aside: " + dead.await(20, TimeUnit.SECONDS));
        Session receiving = session(false);
        send(plain, "received");
        MessageConsumer consumer = receiving.createConsumer(receiving.createQueue("received"));
        System.err.println("received: " + (consumer.receive(5000) != null));
        work();
        MessageConsumer rest = receiving.createConsumer(receiving.createQueue("called-off"));
        System.err.println("called off: " + (rest.receive(500) == null));
        connection.close();
        broker.stop();
    }
}
JAVA
javac -cp 'lib/*' -d . Shop.java
OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=logging-otlp \
  java -javaagent:agent.jar -cp '.:lib/*' Shop >out 2>err
seen=$(cat out err | python3 -c '
import json, sys
spans = []
for line in sys.stdin:
    if "{\"resource\"" in line:
        for scope in json.loads(line[line.index("{\"resource\""):])["scopeSpans"]:
            spans += scope["spans"]
spans.sort(key=lambda span: (span["name"].split()[0], int(span["startTimeUnixNano"])))
for span in spans:
    alone = sum(other["traceId"] == span["traceId"] for other in spans) == 1
    if not span["name"].startswith("ActiveMQ.DLQ"):
        print(span["name"] + ":", ["UNSET", "OK", "ERROR"][span["status"].get("code", 0)],
              len(span.get("events", [])), "events" + (", alone in its trace" if alone else ""))')

echo "opentelemetry-javaagent 2.33.1, activemq-broker 6.1.7: messages that are called off, rolled back, failed and received"
echo "expected: a mark on what was called off or rolled back, work in the trace of what was received"
echo "seen:"; grep -E '^(put aside|received|called off)' err; echo "$seen"
[ "$(grep -cE '^(put aside|received|called off): true' err)" = 3 ] || { echo "the messages did not go as meant"; exit 1; }
[ "$seen" = "called-off publish: UNSET 0 events, alone in its trace
received publish: UNSET 0 events
received receive: UNSET 0 events
rolled-back publish: UNSET 0 events
rolled-back process: UNSET 0 events
rolled-back process: UNSET 0 events
thrown publish: UNSET 0 events
thrown process: ERROR 1 events
thrown process: ERROR 1 events
work: UNSET 0 events, alone in its trace" ] || { echo "the behaviour changed"; exit 1; }
