// A sender and its worker: three messages, two of them in one call, are sent and worked on one by one, the handler of the third throws
// three times, so that it is worked on four times; then two more are sent and worked on as one batch.
const { Kafka, logLevel } = require("kafkajs");

const kafka = new Kafka({ clientId: "shop", brokers: [process.env.KAFKA], logLevel: logLevel.NOTHING });

async function worked(groupId, topic, wanted, handler) {
  const consumer = kafka.consumer({ groupId, retry: { initialRetryTime: 50 } });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((done) => consumer.run(handler((count) => (wanted -= count) > 0 || done())));
  await consumer.disconnect();
}

(async () => {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: "orders" }, { topic: "bills" }], waitForLeaders: true });
  await admin.disconnect();

  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: "orders", messages: [{ key: "7", value: "a chair" }] });
  await producer.send({ topic: "orders", messages: [{ key: "8", value: "a lamp" }, { key: "9", value: "nothing" }] });
  await producer.sendBatch({ topicMessages: [{ topic: "bills", messages: [{ value: "10" }, { value: "20" }] }] });
  await producer.disconnect();

  let failures = 0;
  await worked("shipping", "orders", 3, (count) => ({
    eachMessage: async ({ message }) => {
      if (message.value.toString() === "nothing" && failures++ < 3) {
        throw new Error("nothing to ship");
      }
      count(1);
    },
  }));
  await worked("billing", "bills", 2, (count) => ({ eachBatch: async ({ batch }) => count(batch.messages.length) }));
  // The SDK sends what it has when it is told to stop.
  process.kill(process.pid, "SIGTERM");
})();
