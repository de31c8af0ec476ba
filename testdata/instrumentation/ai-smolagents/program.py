"""One run of an agent: in each of three steps the model calls the tool, whose answer comes to it as a user's words do.

Then it is asked once more, for an answer: four calls of the model, three of the tool.
"""

import os

import smolagents


@smolagents.tool
def send_email(to: str) -> str:
    """Sends a mail.

    Args:
        to: The address.
    """
    return "sent"


model = smolagents.OpenAIModel(model_id="gpt-4o-mini", api_base=os.environ["MODEL"] + "/v1", api_key="none")
agent = smolagents.ToolCallingAgent(tools=[send_email], model=model, max_steps=3, verbosity_level=0)
agent.run("Write to a@example.org.")
