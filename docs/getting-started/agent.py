from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool


@tool
def send_email(to: str, text: str) -> str:
    """Sends an email."""
    return f"sent to {to}"


class Scripted(GenericFakeChatModel):
    """Answers what is written below: no provider and no key is needed."""

    def bind_tools(self, tools, **options):
        return self


CALL = {"name": "send_email", "args": {"to": "ann@example.org", "text": "Hello"}, "id": "call-1"}
ANSWERS = [AIMessage("", tool_calls=[CALL]), AIMessage("I have written to Ann.")]

agent = create_agent(Scripted(messages=iter(ANSWERS)), tools=[send_email], name="mailer")
print(agent.invoke({"messages": [("user", "Write to Ann")]})["messages"][-1].content)
