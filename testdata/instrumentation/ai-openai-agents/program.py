"""One run of an agent: it calls the model, its tool, and the model again."""

import os

import agents
import openai

client = openai.AsyncOpenAI(base_url=os.environ["MODEL"] + "/v1", api_key="none")


@agents.function_tool
def send_email(to: str) -> str:
    return "sent"


model = agents.OpenAIChatCompletionsModel(model="gpt-4o-mini", openai_client=client)
mailer = agents.Agent(name="mailer", instructions="Write mails.", tools=[send_email], model=model)
agents.Runner.run_sync(mailer, "Write to a@example.org.")
