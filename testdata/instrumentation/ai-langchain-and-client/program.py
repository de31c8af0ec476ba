"""Two runs of an agent: each calls the model, its tool, and the model again. The first has a plan, and an approval before the tool."""

import os

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from opentelemetry import trace

tracer = trace.get_tracer("mailer")


def send_email(to: str) -> str:
    """Sends a mail."""
    return "sent"


model = ChatOpenAI(model="gpt-4o-mini", base_url=os.environ["MODEL"] + "/v1", api_key="none", max_retries=0)
agent = create_agent(model, tools=[send_email], name="mailer")

for is_approved in [True, False]:
    with tracer.start_as_current_span("request"):
        if is_approved:
            tracer.start_span("agent.plan").end()
            approval = {"gen_ai.tool.name": "send_email", "approval.granted": True}
            tracer.start_span("agent.approval", attributes=approval).end()
        agent.invoke({"messages": [{"role": "user", "content": "Write to a@example.org."}]})
