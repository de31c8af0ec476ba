#!/bin/bash
# When the reader of a streamed answer leaves the loop before its end, the Vercel AI SDK ends none of its spans: neither the call of
# the model nor the run around it is ever sent. When it is aborted they are sent without tokens, by version 6 the run's alone.
#
# Why it matters to who writes rules: readers leave whenever a page is closed. Those calls of the model are in no trace: no rule on
# models, tokens or approvals looks at them, and what tools did in them has a parent that nobody ever sees.
#
# Expectation: breaking out of `for await` closes the stream, and the span of a stream that was closed ends.
# Versions: ai 7.0.173 with @ai-sdk/otel 1.0.173, and ai 6.0.326; sdk-trace-node 2.12.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 \
  ai@7.0.173 @ai-sdk/otel@1.0.173 ai6@npm:ai@6.0.326 zod@4.1.12 >/dev/null

cat > probe.mjs <<'JS'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';

const spans = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
const version = process.argv[2];
const { registerTelemetry, streamText } = await import(version === '7.0.173' ? 'ai' : 'ai6');
const { MockLanguageModelV3 } = await import(version === '7.0.173' ? 'ai/test' : 'ai6/test');
if (registerTelemetry) registerTelemetry(new (await import('@ai-sdk/otel')).OpenTelemetry());
const wait = (time) => new Promise((done) => setTimeout(done, time));

// A model that says twenty words, one each 10 ms, and stops when nobody listens.
async function say(words) {
  words.enqueue({ type: 'stream-start', warnings: [] });
  words.enqueue({ type: 'text-start', id: '1' });
  for (let word = 0; word < 20; word++) {
    words.enqueue({ type: 'text-delta', id: '1', delta: 'word ' });
    await wait(10);
  }
  words.enqueue({ type: 'text-end', id: '1' });
  words.enqueue({
    type: 'finish', finishReason: { unified: 'stop', raw: 'stop' },
    usage: { inputTokens: { total: 3 }, outputTokens: { total: 20 } },
  });
  words.close();
}
const model = new MockLanguageModelV3({
  doStream: async () => ({ stream: new ReadableStream({ start(words) { say(words).catch(() => {}); } }) }),
});

for (const reader of ['reads to the end', 'leaves', 'aborts']) {
  const controller = new AbortController();
  const answer = streamText({
    model, prompt: 'Tell.', abortSignal: controller.signal, onError() {},
    ...(registerTelemetry ? {} : { experimental_telemetry: { isEnabled: true } }),
  });
  let words = 0;
  try {
    for await (const _ of answer.textStream) {
      if (++words < 3 || reader === 'reads to the end') continue;
      if (reader === 'leaves') break;
      controller.abort();
    }
  } catch { /* what an abort may throw */ }
  await wait(1000);
  const calls = spans.getFinishedSpans().filter((span) => /^chat|doStream/.test(span.name));
  const tokens = calls.map((span) => span.attributes['gen_ai.usage.output_tokens'] ?? 'none');
  console.log(`ai ${version}, the reader ${reader}: spans ${spans.getFinishedSpans().length}, calls of the model [${tokens.map((one) => `tokens ${one}`)}]`);
  spans.reset();
}
process.exit(0);
JS
seen=$(for one in 7.0.173 6.0.326; do node probe.mjs $one 2>/dev/null; done)

echo "ai 7.0.173 with @ai-sdk/otel 1.0.173, ai 6.0.326: a streamed answer, a second after its reader is gone"
echo "expected: a span of the call of the model each time"
echo "seen:"; echo "$seen"
[ "$seen" = "ai 7.0.173, the reader reads to the end: spans 3, calls of the model [tokens 20]
ai 7.0.173, the reader leaves: spans 0, calls of the model []
ai 7.0.173, the reader aborts: spans 3, calls of the model [tokens none]
ai 6.0.326, the reader reads to the end: spans 2, calls of the model [tokens 20]
ai 6.0.326, the reader leaves: spans 0, calls of the model []
ai 6.0.326, the reader aborts: spans 1, calls of the model []" ] || { echo "the behaviour changed"; exit 1; }
