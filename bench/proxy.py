"""A reverse proxy on loopback that counts what goes through it to the API server."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from aiohttp import web

from casebook.cluster.client import Client
from support.serving import kubeconfig, serving

PASSED_ON = ("Accept", "Content-Type")


@dataclass
class Counter:
    """Calls in all, by path, and how many were open at the same time at most."""

    calls: int = 0
    open: int = 0
    most_open: int = 0
    paths: list[str] = field(default_factory=list)

    def begin(self, method: str, path: str) -> None:
        """A call came in."""
        self.calls += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self.paths.append(f"{method} {path}")

    def end(self) -> None:
        """It was answered."""
        self.open -= 1


@asynccontextmanager
async def counting(client: Client, namespace: str) -> AsyncIterator[tuple[Counter, dict[str, str]]]:
    """The counter, and the environment for a process whose calls it counts."""
    counter = Counter()
    application = web.Application(client_max_size=64 << 20)
    application.router.add_route("*", "/{path:.*}", _handler(client, counter))
    async with serving(application) as url:
        with TemporaryDirectory(prefix="casebook-bench-") as folder:
            path = Path(folder) / "kubeconfig"
            path.write_text(json.dumps(kubeconfig(url, namespace)))
            yield counter, {"KUBECONFIG": str(path), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _handler(client: Client, counter: Counter) -> Any:
    async def handle(request: web.Request) -> web.Response:
        counter.begin(request.method, request.path)
        try:
            return await _forward(client, request)
        finally:
            counter.end()

    return handle


async def _forward(client: Client, request: web.Request) -> web.Response:
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    _, url, headers, _, _ = await client.api.param_serialize(
        request.method, request.path, header_params=headers, auth_settings=["BearerToken"]
    )
    query = f"?{request.query_string}" if request.query_string else ""
    body = await request.json() if request.can_read_body else None
    answer = await client.api.rest_client.request(
        request.method, url + query, headers=headers, body=body, _request_timeout=aiohttp.ClientTimeout(total=60)
    )
    async with answer.response as response:
        kind = {"Content-Type": response.headers.get("Content-Type", "application/json")}
        return web.Response(status=response.status, body=await response.read(), headers=kind)
