package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A tier whose spans go through Kafka: a router writes each to the partition of its trace id, and checkers are one group of
// consumers. The broker is a real one, alone, in KRaft mode.

const brokerConfig = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[2]s
listeners=PLAINTEXT://%[1]s,CONTROLLER://%[2]s
advertised.listeners=PLAINTEXT://%[1]s
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=%[3]s
num.partitions=12
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
group.initial.rebalance.delay.ms=500
`

// The settings are those of docs/scaling.md; a session is as short as a broker allows by default.
const (
	kafkaExporter = `
  kafka:
    brokers: ["${env:BETRACE_KAFKA}"]
    traces: { topic: %s }
    partition_traces_by_id: true
    producer: { required_acks: -1 }
`
	kafkaReceiver = `
  kafka:
    brokers: ["${env:BETRACE_KAFKA}"]
    traces: { topics: [%s] }
    group_id: checkers
    group_instance_id: checker-%d
    session_timeout: 6s
    heartbeat_interval: 1s
    initial_offset: earliest
    message_marking: { after: true }
`
)

// openKafka starts a broker, which ends with the test, and returns its address.
func openKafka(t *testing.T) (address string) {
	t.Helper()
	jars := filepath.Join(repository(t), "target", "tools", "kafka")
	if _, err := os.Stat(jars); err != nil {
		t.Skip("Kafka is not here; `make e2e` fetches it, `make target/tools/kafka` too, and runs this")
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("no Java, so no Kafka:", err)
	}
	address, controller := freeAddress(t), freeAddress(t)
	config := write(t, "server.properties", fmt.Sprintf(brokerConfig, address, controller, filepath.Join(t.TempDir(), "data")))
	path := filepath.Join(jars, "*")
	format := exec.CommandContext(t.Context(), java, "-cp", path, "kafka.tools.StorageTool", "format", "--cluster-id", "MkU3OEVBNTcwNTJENDM2Qg", "--config", config)
	if out, err := format.CombinedOutput(); err != nil {
		t.Fatalf("formatting the storage: %v:\n%s", err, out)
	}
	broker := exec.Command(java, "-Xmx512m", "-cp", path, "kafka.Kafka", config)
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Process.Kill(); err != nil {
			t.Error(err)
		}
		// That it was killed is what it says.
		_ = broker.Wait()
	})
	until(t, "the broker listens", func() bool {
		conn, err := net.Dial("tcp", address)
		return err == nil && conn.Close() == nil
	})
	return address
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}()
	return listener.Addr().String()
}

// topic is one between a router and its checkers.
type topic struct{ broker, name string }

func (k *topic) exporter() string { return fmt.Sprintf(kafkaExporter, k.name) }

func (k *topic) receiver(checker int) string { return fmt.Sprintf(kafkaReceiver, k.name, checker) }

// createTopic starts the router and sends a trace, by which the topic comes to be. It returns how many spans are in it.
func (m *tier) createTopic(t *testing.T) int {
	t.Helper()
	m.route(t)
	roots, rest := healthyHalves(3, 0, 1)
	sendUntilTaken(t, m.send, roots[0], rest[0])
	return len(roots) + len(rest)
}

// Through Kafka a tier of three tells what one process tells.
func TestATierBehindKafkaTellsWhatOneProcessTells(t *testing.T) {
	t.Parallel()
	tellsWhatOneTells(t, &topic{openKafka(t), "spans"})
}

// A checker that is added to the group, that leaves it or that is killed makes no healthy trace a broken one.
func TestAChangingTierBehindKafkaTellsNothingWrong(t *testing.T) {
	t.Parallel()
	broker := openKafka(t)
	changeTiers(t, []membershipChange{
		{"added", true, true}, {"added", true, false}, {"added", false, true}, {"drained", true, true}, {"drained", false, true},
		{"killed", true, true}, {"killed", false, true},
	}, func(number int) *topic { return &topic{broker, fmt.Sprintf("change-%d", number)} })
}
