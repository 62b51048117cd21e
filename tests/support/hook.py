"""The webhook of a receiver, which answers as it is told and keeps what it was sent."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Hook:
    """One webhook; the last of its answers is given for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def told(self) -> list[dict[str, Any]]:
        """What it was sent."""
        return [json.loads(data) for _, data in self.calls]

    @property
    def deliveries(self) -> list[str]:
        """The delivery id of every call."""
        return [headers["X-Casebook-Delivery"] for headers, _ in self.calls]

    async def post(self, request: web.Request) -> web.Response:
        self.calls.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})


@asynccontextmanager
async def serving() -> AsyncIterator[Hook]:
    """A webhook that listens."""
    hook = Hook()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", hook.post)
    server = TestServer(app)
    await server.start_server()
    hook.url = str(server.make_url("/hook"))
    yield hook
    await server.close()
