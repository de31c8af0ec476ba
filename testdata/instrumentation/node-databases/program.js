// Ten calls of databases, five by pg and five by ioredis, and two GraphQL queries, which call none.
const { trace } = require("@opentelemetry/api");
const { Client } = require("pg");
const Redis = require("ioredis");
const { buildSchema, graphql } = require("graphql");

const schema = buildSchema("type Query { order(id: Int!): Order } type Order { id: Int item: String }");
const rootValue = { order: ({ id }) => ({ id, item: "a chair" }) };

// ioredis alone makes no span where there is none around.
trace.getTracer("shop").startActiveSpan("job", async (job) => {
  const postgres = new Client({ connectionString: process.env.POSTGRES });
  await postgres.connect();
  await postgres.query("CREATE TABLE orders (id int PRIMARY KEY, item text)");
  await postgres.query("INSERT INTO orders VALUES ($1, $2)", [7, "a chair"]);
  await postgres.query("select item from orders where id = $1", [7]);
  await postgres.query("DELETE FROM orders");
  await postgres.query("SELECT * FROM nothing").catch(() => {});
  await postgres.end();

  const redis = new Redis(process.env.REDIS, { lazyConnect: true });
  await redis.connect();
  await redis.set("order:7", "a chair");
  await redis.get("order:7");
  await redis.del("order:7");
  await redis.incr("orders");
  await redis.hset("order:8", "item", "a lamp");
  await redis.quit();

  await graphql({ schema, rootValue, source: "{ order(id: 7) { id item } }" });
  await graphql({ schema, rootValue, source: "{ nothing }" });
  job.end();
  process.kill(process.pid, "SIGTERM");
});
