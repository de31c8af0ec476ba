"""Two runs of a crew of one agent: each calls the model, its tool, and the model again. The first has a plan, and an approval before."""

import os

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from opentelemetry import trace

tracer = trace.get_tracer("mailer")


@tool("send_email")
def send_email(to: str) -> str:
    """Sends a mail."""
    return "sent"


model = LLM(model="openai/gpt-4o-mini", base_url=os.environ["MODEL"] + "/v1", api_key="none")
mailer = Agent(role="mailer", goal="Write mails.", backstory="It writes mails.", tools=[send_email], llm=model)
task = Task(description="Write to a@example.org.", expected_output="A mail.", agent=mailer)

for is_approved in [True, False]:
    with tracer.start_as_current_span("request"):
        if is_approved:
            tracer.start_span("agent.plan").end()
            approval = {"gen_ai.tool.name": "send_email", "approval.granted": True}
            tracer.start_span("agent.approval", attributes=approval).end()
        Crew(agents=[mailer], tasks=[task]).kickoff()
