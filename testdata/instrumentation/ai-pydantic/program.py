"""Two runs of an agent: each calls the model, its tool, and the model again. The first has a plan, and an approval before the tool."""

import os

import pydantic_ai
from opentelemetry import trace
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

tracer = trace.get_tracer("mailer")
provider = OpenAIProvider(base_url=os.environ["MODEL"] + "/v1", api_key="none")
agent = pydantic_ai.Agent(OpenAIChatModel("gpt-4o-mini", provider=provider), name="mailer")
pydantic_ai.Agent.instrument_all()


@agent.tool_plain
def send_email(to: str) -> str:
    return "sent"


for is_approved in [True, False]:
    with tracer.start_as_current_span("request"):
        if is_approved:
            tracer.start_span("agent.plan").end()
            approval = {"gen_ai.tool.name": "send_email", "approval.granted": True}
            tracer.start_span("agent.approval", attributes=approval).end()
        agent.run_sync("Write to a@example.org.")
