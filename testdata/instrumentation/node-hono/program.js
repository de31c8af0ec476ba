// Orders, some of which cannot be had, and their client: five requests.
const http = require("http");

(async () => {
  const { getRequestListener } = await import("@hono/node-server");
  const { httpInstrumentationMiddleware } = await import("@hono/otel");
  const { Hono } = await import("hono");
  const app = new Hono();
  app.use(httpInstrumentationMiddleware());
  app.get("/orders/:order", (answer) => answer.json({ order: answer.req.param("order") }));
  app.get("/throws", () => {
    throw new Error("no such order");
  });
  app.get("/unavailable", (answer) => answer.text("come back later", 503));
  app.onError((_, answer) => answer.text("broken", 500));

  const server = http.createServer(getRequestListener(app.fetch));
  server.listen(Number(process.env.PORT), "127.0.0.1", async () => {
    const here = `http://127.0.0.1:${process.env.PORT}`;
    for (const path of ["/orders/7?access_token=secret", "/orders/8", "/nothing", "/throws", "/unavailable"]) {
      await (await fetch(here + path)).text();
    }
    server.close();
    server.closeAllConnections();
    // The SDK sends what it has when it is told to stop.
    process.kill(process.pid, "SIGTERM");
  });
})();
