"""Three calls of Anthropic's interface: one plain, one that offers a tool, one that fails."""

import contextlib
import os

import anthropic

client = anthropic.Anthropic(base_url=os.environ["MODEL"], api_key="none", max_retries=0)
question = [{"role": "user", "content": "Write to a@example.org."}]
schema = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}
tool = {"name": "send_email", "description": "Sends a mail.", "input_schema": schema}

client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=question)
client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=question, tools=[tool])
with contextlib.suppress(anthropic.APIStatusError):
    client.messages.create(model="broken-sonnet", max_tokens=64, messages=question)
