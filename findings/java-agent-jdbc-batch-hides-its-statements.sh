#!/bin/bash
# A JDBC batch of more than one statement is a span of the Java agent that has neither their text nor an operation nor a count: it
# is called after the database, whatever it inserts or deletes. A batch of one, and one prepared statement however often it is
# in the batch, has them. With OTEL_SEMCONV_STABILITY_OPT_IN=database the span has all three.
#
# Why it matters to who writes rules: "nothing is deleted from orders but by the clean-up" does not see what a batch deletes, and
# Spring's JdbcTemplate.batchUpdate of several texts is such a batch.
#
# Expectation: a statement leaves the same mark on its way through a batch as by itself, or at least the mark that there was one.
# Versions: opentelemetry-javaagent 2.33.1, H2 2.3.232, Java 17.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>
<dependency><groupId>io.opentelemetry.javaagent</groupId><artifactId>opentelemetry-javaagent</artifactId><version>2.33.1</version></dependency>
<dependency><groupId>com.h2database</groupId><artifactId>h2</artifactId><version>2.3.232</version></dependency>
</dependencies></project>
XML
mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >/dev/null
mv lib/opentelemetry-javaagent-*.jar agent.jar
cat > Batch.java <<'JAVA'
import java.sql.*;

public class Batch {
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:shop"); Statement statement = connection.createStatement()) {
            statement.execute("create table orders(id int)");
            statement.addBatch("delete from orders");
            statement.executeBatch();
            statement.addBatch("delete from orders");
            statement.addBatch("insert into orders values (1)");
            statement.executeBatch();
            PreparedStatement prepared = connection.prepareStatement("insert into orders values (?)");
            for (int id = 2; id < 4; id++) {
                prepared.setInt(1, id);
                prepared.addBatch();
            }
            prepared.executeBatch();
        }
    }
}
JAVA
javac -d . Batch.java
# Of each span after the table's: its name, the text and the size of the batch.
told() {
  OTEL_SEMCONV_STABILITY_OPT_IN=$1 OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none OTEL_TRACES_EXPORTER=console \
    java -javaagent:agent.jar -cp '.:lib/*' Batch >out 2>err
  cat out err | grep ' CLIENT ' | tail -n +2 | while read -r line; do
    name=$(sed -E "s/.* - '(.*)' : .*/\1/" <<< "$line")
    text=$(grep -oE 'db\.(statement|query\.text)=[^,}]*' <<< "$line" | cut -d= -f2 || true)
    size=$(grep -oE 'db\.operation\.batch\.size=[0-9]+' <<< "$line" | cut -d= -f2 || true)
    echo "  $name, text '$text', size ${size:-unknown}"
  done
}
seen="as it is:
$(told '')
with the opt-in:
$(told database)"

echo "opentelemetry-javaagent 2.33.1: a batch of one statement, one of two, and a prepared statement in a batch twice"
echo "expected: the text, or an operation, of each"
echo "seen:"; echo "$seen"
[ "$seen" = "as it is:
  DELETE shop.orders, text 'delete from orders', size unknown
  shop, text '', size unknown
  INSERT shop.orders, text 'insert into orders values (?)', size unknown
with the opt-in:
  delete orders, text 'delete from orders', size unknown
  BATCH, text 'delete from orders; insert into orders values (?)', size 2
  BATCH insert orders, text 'insert into orders values (?)', size 2" ] || { echo "the behaviour changed"; exit 1; }
