"""What the programs of the recordings ask, on loopback: a server of HTTP, and a model that first wants its tool called.

The model answers as OpenAI's chat completions and responses and Anthropic's messages do. Asked with tools it calls the first
one, once; with the tool's answer in the conversation, or without tools, it says a sentence. Each answer has 11 input and 7
output tokens. A model whose name begins with `broken` answers 500, one with `limited` 429.
"""

import http.server
import json
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body, kind="application/json"):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Upstream(Handler):
    """/status/NNN answers that, /slow after two seconds, all else 200."""

    def do_GET(self):
        self.read()
        path = self.path.split("?")[0]
        if path == "/slow":
            time.sleep(2)
        status = int(path.rsplit("/", 1)[1]) if path.startswith("/status/") else 200
        try:
            self.answer(status, {"path": path})
        except BrokenPipeError:
            # Who asked has gone, as the programs that time out do.
            pass

    do_POST = do_PUT = do_DELETE = do_GET


class Model(Handler):
    def do_GET(self):
        self.answer(200, {"object": "list", "data": []})

    def do_POST(self):
        asked = json.loads(self.read() or b"{}")
        model = asked.get("model", "")
        for name, status in [("broken", 500), ("limited", 429)]:
            if model.startswith(name):
                self.answer(status, {"error": {"type": "fault", "message": "as asked", "code": name}})
                return
        if self.path.endswith("/embeddings"):
            row = {"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}
            self.answer(200, {"object": "list", "model": model, "data": [row], "usage": {"prompt_tokens": 11, "total_tokens": 11}})
        elif self.path.endswith("/responses"):
            self.say_responses(asked, model)
        elif self.path.endswith("/messages"):
            self.say_messages(asked, model)
        elif asked.get("stream"):
            self.say_stream(asked, model)
        else:
            self.say_completion(asked, model)

    def say_completion(self, asked, model):
        message, reason = {"role": "assistant", "content": "It is done."}, "stop"
        call = tool_call(asked.get("tools"), any(one.get("role") == "tool" for one in asked.get("messages", [])))
        if call:
            name, arguments = call
            function = {"name": name, "arguments": json.dumps(arguments)}
            message = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
            reason = "tool_calls"
        self.answer(200, {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1764000000, "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        })

    def say_stream(self, asked, model):
        def chunk(delta, reason=None, usage=None):
            choices = [] if usage else [{"index": 0, "delta": delta, "finish_reason": reason}]
            body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1764000000, "model": model, "choices": choices}
            return b"data: " + json.dumps(body | ({"usage": usage} if usage else {})).encode() + b"\n\n"

        usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
        call = tool_call(asked.get("tools"), any(one.get("role") == "tool" for one in asked.get("messages", [])))
        if call:
            function = {"name": call[0], "arguments": json.dumps(call[1])}
            first = {"role": "assistant", "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}
        else:
            first = {"role": "assistant", "content": "It is done."}
        chunks = [chunk(first), chunk({}, "tool_calls" if call else "stop"), chunk({}, usage=usage), b"data: [DONE]\n\n"]
        self.answer(200, b"".join(chunks), "text/event-stream")

    def say_responses(self, asked, model):
        items = asked.get("input")
        called = isinstance(items, list) and any(one.get("type") == "function_call_output" for one in items)
        call = tool_call(asked.get("tools"), called)
        if call:
            output = [{"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": call[0], "arguments": json.dumps(call[1]), "status": "completed"}]
        else:
            said = {"type": "output_text", "text": "It is done.", "annotations": []}
            output = [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [said]}]
        self.answer(200, {
            "id": "resp_1", "object": "response", "created_at": 1764000000, "status": "completed", "model": model, "output": output,
            "parallel_tool_calls": True, "tool_choice": "auto", "tools": asked.get("tools", []), "error": None,
            "incomplete_details": None, "instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0,
            "usage": {
                "input_tokens": 11, "output_tokens": 7, "total_tokens": 18,
                "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
            },
        })

    def say_messages(self, asked, model):
        def is_result(message):
            return isinstance(message["content"], list) and any(one.get("type") == "tool_result" for one in message["content"])

        call = tool_call(asked.get("tools"), any(map(is_result, asked.get("messages", []))))
        content, reason = [{"type": "text", "text": "It is done."}], "end_turn"
        if call:
            content, reason = [{"type": "tool_use", "id": "toolu_1", "name": call[0], "input": call[1]}], "tool_use"
        self.answer(200, {
            "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": content, "stop_reason": reason,
            "stop_sequence": None, "usage": {"input_tokens": 11, "output_tokens": 7},
        })


def tool_call(tools, has_been_called):
    """The first tool's name and arguments that fit it, unless it has been called."""
    if not tools or has_been_called:
        return None
    tool = tools[0].get("function", tools[0])
    schema = tool.get("parameters") or tool.get("input_schema") or {}
    return tool["name"], {name: "a@example.org" for name in schema.get("required", [])}


def serve(port, handler):
    """Starts it, and returns what stops it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop():
        server.shutdown()
        server.server_close()

    return stop
