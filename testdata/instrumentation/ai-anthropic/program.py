"""Five calls of Anthropic's interface: one plain, one that offers a tool, one that fails, and two at once."""

import concurrent.futures
import contextlib
import contextvars
import os

import anthropic
from opentelemetry import trace

tracer = trace.get_tracer("mailer")
client = anthropic.Anthropic(base_url=os.environ["MODEL"], api_key="none", max_retries=0)
question = [{"role": "user", "content": "Write to a@example.org."}]
schema = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}
tool = {"name": "send_email", "description": "Sends a mail.", "input_schema": schema}


def ask(model="claude-sonnet-4-5", **more):
    client.messages.create(model=model, max_tokens=64, messages=question, **more)


with tracer.start_as_current_span("request"):
    ask()
with tracer.start_as_current_span("request"):
    ask(tools=[tool])
with tracer.start_as_current_span("request"), contextlib.suppress(anthropic.APIStatusError):
    ask("broken-sonnet")
with tracer.start_as_current_span("request"), concurrent.futures.ThreadPoolExecutor() as threads:
    for _ in range(2):
        threads.submit(contextvars.copy_context().run, ask)
