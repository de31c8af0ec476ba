"""Six calls of OpenAI's interface: one plain, one that offers a tool, one streamed, one of responses, one embedding, one that fails."""

import contextlib
import os

import openai

client = openai.OpenAI(base_url=os.environ["MODEL"] + "/v1", api_key="none", max_retries=0)
question = [{"role": "user", "content": "Write to a@example.org."}]
schema = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}
tool = {"type": "function", "function": {"name": "send_email", "description": "Sends a mail.", "parameters": schema}}

client.chat.completions.create(model="gpt-4o-mini", messages=question)
client.chat.completions.create(model="gpt-4o-mini", messages=question, tools=[tool])
list(client.chat.completions.create(model="gpt-4o-mini", messages=question, stream=True, stream_options={"include_usage": True}))
client.responses.create(model="gpt-4o-mini", input="Write to a@example.org.")
client.embeddings.create(model="text-embedding-3-small", input="a chair")
with contextlib.suppress(openai.APIStatusError):
    client.chat.completions.create(model="broken-4o", messages=question)
