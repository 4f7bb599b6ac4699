"""Providers of language models on this machine: they speak as Anthropic does, and as OpenAI does at its two doors."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "sk-canary-key-8812"
HOSTILE = "canary-body-4417 <script>"
SPENT = (321, 45)

Asked = dict[str, Any]
Answer = tuple[int, str]
Play = Callable[["Wire", Asked], Answer]


class Wire:
    """One protocol: where it is spoken, and how each kind of answer looks there."""

    path: str
    model: str

    def answer(self, asked: Asked, arguments: str) -> Asked:
        """The tool is called with these arguments, as they were written."""
        raise NotImplementedError

    def cut_off(self, asked: Asked) -> Asked:
        """The answer ended where its tokens did."""
        raise NotImplementedError

    def refusal(self, asked: Asked) -> Asked:
        """The model will not."""
        raise NotImplementedError


class Anthropic(Wire):
    """`/v1/messages`."""

    path, model = "/v1/messages", "anthropic:claude-test"

    def answer(self, asked: Asked, arguments: str) -> Asked:
        """One block of tool use."""
        block = {"type": "tool_use", "id": "t1", "name": asked["tools"][0]["name"], "input": json.loads(arguments)}
        return self._message(asked, [block], "tool_use")

    def cut_off(self, asked: Asked) -> Asked:
        """Half a tool use."""
        block = {"type": "tool_use", "id": "t1", "name": asked["tools"][0]["name"], "input": {}}
        return self._message(asked, [block], "max_tokens")

    def refusal(self, asked: Asked) -> Asked:
        """Its own reason to stop."""
        return self._message(asked, [], "refusal")

    def _message(self, asked: Asked, content: list[Any], stop: str) -> Asked:
        usage = {"input_tokens": SPENT[0], "output_tokens": SPENT[1]}
        head = {"id": "m1", "type": "message", "role": "assistant", "model": asked["model"]}
        return {**head, "content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage}


class Chat(Wire):
    """`/v1/chat/completions`, which many others speak too."""

    path, model = "/v1/chat/completions", "openai-chat:gpt-5-mini"

    def answer(self, asked: Asked, arguments: str) -> Asked:
        """One tool call."""
        return self._choice(asked, {"content": None, "tool_calls": [self._call(asked, arguments)]}, "tool_calls")

    def cut_off(self, asked: Asked) -> Asked:
        """Half a tool call."""
        return self._choice(
            asked, {"content": None, "tool_calls": [self._call(asked, '{"sentences": [{"te')]}, "length"
        )

    def refusal(self, asked: Asked) -> Asked:
        """A text of its own kind."""
        return self._choice(asked, {"content": None, "refusal": HOSTILE}, "stop")

    def _call(self, asked: Asked, arguments: str) -> Asked:
        name = asked["tools"][0]["function"]["name"]
        return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}

    def _choice(self, asked: Asked, message: Asked, finish: str) -> Asked:
        usage = {"prompt_tokens": SPENT[0], "completion_tokens": SPENT[1], "total_tokens": sum(SPENT)}
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        head = {"id": "x1", "object": "chat.completion", "created": 1_780_000_000, "model": asked["model"]}
        return {**head, "choices": [choice], "usage": usage}


class Responses(Wire):
    """`/v1/responses`."""

    path, model = "/v1/responses", "openai:gpt-5-mini"

    def answer(self, asked: Asked, arguments: str) -> Asked:
        """One function call."""
        return self._response(asked, self._call(asked, arguments, "completed"))

    def cut_off(self, asked: Asked) -> Asked:
        """Half a function call."""
        why = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        return {**self._response(asked, self._call(asked, '{"sentences": [{"te', "incomplete")), **why}

    def refusal(self, asked: Asked) -> Asked:
        """A part of its own kind."""
        said = [{"type": "refusal", "refusal": HOSTILE}]
        item = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": said}
        return self._response(asked, item)

    def _call(self, asked: Asked, arguments: str, status: str) -> Asked:
        call = {"type": "function_call", "id": "f1", "call_id": "c1", "name": asked["tools"][0]["name"]}
        return {**call, "arguments": arguments, "status": status}

    def _response(self, asked: Asked, item: Asked) -> Asked:
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        usage = {"input_tokens": SPENT[0], "output_tokens": SPENT[1], "total_tokens": sum(SPENT), **details}
        head = {"id": "r1", "object": "response", "created_at": 1_780_000_000, "model": asked["model"]}
        rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "status": "completed"}
        return {**head, **rest, "output": [item], "usage": usage}


WIRES: tuple[Wire, ...] = (Anthropic(), Chat(), Responses())


def good(*sentences: Asked) -> Play:
    """These sentences, as they are."""
    return lambda wire, asked: (200, json.dumps(wire.answer(asked, json.dumps({"sentences": sentences}))))


def tool_arguments(arguments: str) -> Play:
    """An answer that is not what was asked for."""
    return lambda wire, asked: (200, json.dumps(wire.answer(asked, arguments)))


def cut_off(wire: Wire, asked: Asked) -> Answer:
    """An answer that stops half-way."""
    return 200, json.dumps(wire.cut_off(asked))


def refusal(wire: Wire, asked: Asked) -> Answer:
    """No answer, politely."""
    return 200, json.dumps(wire.refusal(asked))


def status(code: int) -> Play:
    """An error whose text nobody may repeat."""
    error = {"type": "error", "error": {"type": "some_error", "message": HOSTILE, "code": HOSTILE}}
    return lambda wire, asked: (code, json.dumps({**error, "asked": json.dumps(asked)}))


def raw(body: str) -> Play:
    """A body that is no answer at all."""
    return lambda wire, asked: (200, body)


def slow(wire: Wire, asked: Asked) -> Answer:
    """A good answer that comes too late."""
    time.sleep(2.5)
    return good()(wire, asked)


class Provider:
    """Notes what it is asked on each wire, and answers by the script; the last entry goes on for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.keys: list[str] = []
        self.script: list[Play] = [good()]
        provider = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                wire = next(each for each in WIRES if self.path.split("?")[0] == each.path)
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.asked.append(asked)
                provider.keys += [name for name, value in self.headers.items() if SECRET in value]
                code, body = provider.script[min(len(provider.asked), len(provider.script)) - 1](wire, asked)
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                if code == 429:
                    self.send_header("Retry-After", "30")
                self.end_headers()
                try:
                    self.wfile.write(body.encode())
                except BrokenPipeError:
                    return  # Whoever asked did not wait.

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def prompt(self) -> str:
        """All that was sent the last time, as one text."""
        return json.dumps(self.asked[-1], ensure_ascii=False)

    def end(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()
