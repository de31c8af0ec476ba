"""A client of MCP and its server, a process of its own: three calls of tools, the second raises, the third is of a tool there is not."""

import asyncio
import os
import sys

SERVER = "serve"


def serve():
    from mcp.server import MCPServer

    server = MCPServer("mailer")

    @server.tool()
    def send_email(to: str) -> str:
        if to == "nobody":
            raise ValueError("no such address")
        return "sent"

    server.run("stdio")


async def ask():
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from opentelemetry import trace

    command = StdioServerParameters(command="opentelemetry-instrument", args=["python", __file__, SERVER], env=dict(os.environ))
    async with stdio_client(command) as streams, ClientSession(*streams) as session:
        await session.initialize()
        await session.list_tools()
        with trace.get_tracer("mailer").start_as_current_span("request"):
            for tool, to in [("send_email", "a@example.org"), ("send_email", "nobody"), ("send_fax", "7")]:
                try:
                    await session.call_tool(tool, {"to": to})
                except Exception as fault:
                    print(fault)


if __name__ == "__main__":
    serve() if sys.argv[1:] == [SERVER] else asyncio.run(ask())
