"""An endpoint that speaks the OpenAI chat API on loopback: it plays scripted turns, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Turn = str | Callable[[web.Request], Awaitable[web.StreamResponse]]
"""The content of an answer, or whatever else the server does."""


@dataclass
class Endpoint:
    """Where it listens, and every request: headers and body. Beyond its script the last turn is repeated."""

    turns: Sequence[Turn]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        turn = self.turns[min(len(self.asked), len(self.turns)) - 1]
        return web.json_response(completion(turn)) if isinstance(turn, str) else await turn(request)


def completion(content: str | None, prompt_tokens: int = 1000, completion_tokens: int = 100) -> dict[str, Any]:
    """A chat completion as the API gives it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def vectors(*numbers: list[float], tokens: int = 12) -> Turn:
    """Answers these embeddings, in their order."""
    data = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(numbers)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return raw(json.dumps({"object": "list", "model": "scripted", "data": data, "usage": usage}))


def hypotheses(*items: dict[str, Any]) -> str:
    """The content of an answer with these hypotheses."""
    return json.dumps({"hypotheses": list(items)})


def raw(body: str, status: int = 200, **headers: str) -> Turn:
    """Answers these bytes."""

    async def answered(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status, content_type="application/json", headers=headers)

    return answered


async def silent(_: web.Request) -> web.StreamResponse:
    """Never answers."""
    await asyncio.Event().wait()
    raise AssertionError


async def cut(request: web.Request) -> web.StreamResponse:
    """Breaks off in the middle."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "5000"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"message"')
    assert request.transport is not None
    request.transport.abort()
    return response


async def endless(request: web.Request) -> web.StreamResponse:
    """Never stops talking."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await response.write(b'{"choices":' + b" " * 65_536)
    return response


@asynccontextmanager
async def endpoint(*turns: Turn) -> AsyncIterator[Endpoint]:
    """An endpoint that plays these turns; ended afterwards."""
    playing = Endpoint(turns)
    app = web.Application(client_max_size=8 << 20)
    app.router.add_post("/v1/chat/completions", playing.answer)
    app.router.add_post("/v1/embeddings", playing.answer)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    playing.url = str(server.make_url("/v1"))
    try:
        yield playing
    finally:
        await server.close()
