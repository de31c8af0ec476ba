// Orders, some of which cannot be had, and their client: five requests by fetch, then one call that times out and one that is refused.
const express = require("express");

const app = express();
app.get("/orders/:order", (request, response) => response.json({ order: request.params.order }));
app.get("/throws", () => {
  throw new Error("no such order");
});
app.get("/unavailable", (_, response) => response.status(503).send("come back later"));
app.use((fault, _request, response, _next) => response.status(500).send("broken"));

const server = app.listen(Number(process.env.PORT), "127.0.0.1", async () => {
  const here = `http://127.0.0.1:${process.env.PORT}`;
  for (const path of ["/orders/7?access_token=secret", "/orders/8", "/nothing", "/throws", "/unavailable"]) {
    await (await fetch(here + path)).text();
  }
  await fetch(`${process.env.UPSTREAM}/slow`, { signal: AbortSignal.timeout(500) }).catch(() => {});
  await fetch(process.env.REFUSED).catch(() => {});
  server.close();
  server.closeAllConnections();
  // The SDK sends what it has when it is told to stop.
  process.kill(process.pid, "SIGTERM");
});
