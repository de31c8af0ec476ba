// Two runs of an agent: each calls the model, its tool, and the model again. The first has a plan, and an approval before the tool.
// Then one run whose model fails.
import { createOpenAI } from "@ai-sdk/openai";
import { OpenTelemetry } from "@ai-sdk/otel";
import { trace } from "@opentelemetry/api";
import { generateText, registerTelemetry, stepCountIs, tool } from "ai";
import { z } from "zod";

registerTelemetry(new OpenTelemetry());
const openai = createOpenAI({ baseURL: `${process.env.MODEL}/v1`, apiKey: "none" });
const send_email = tool({
  description: "Sends a mail.",
  inputSchema: z.object({ to: z.string() }),
  execute: async () => "sent",
});
const tracer = trace.getTracer("mailer");

function ask(model) {
  return generateText({
    model: openai.chat(model),
    tools: { send_email },
    stopWhen: stepCountIs(3),
    maxRetries: 0,
    prompt: "Write to a@example.org.",
    telemetry: { functionId: "mailer" },
  });
}

for (const isApproved of [true, false]) {
  await tracer.startActiveSpan("request", async (span) => {
    if (isApproved) {
      tracer.startSpan("agent.plan").end();
      tracer.startSpan("agent.approval", { attributes: { "gen_ai.tool.name": "send_email", "approval.granted": true } }).end();
      // Spans of Node start at whole milliseconds.
      await new Promise((done) => setTimeout(done, 5));
    }
    await ask("gpt-4o-mini");
    span.end();
  });
}
await ask("broken-4o").catch(() => {});
// The SDK sends what it has when it is told to stop.
process.kill(process.pid, "SIGTERM");
