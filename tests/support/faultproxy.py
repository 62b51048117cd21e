"""A reverse proxy before a real API server that fails as API servers and networks do, and counts what passes.

Plain HTTP on the loopback; it speaks to the API server with the kubeconfig's own certificate. Faults are tried in the
order they were added; each may be limited in how often it strikes.
"""

import asyncio
import base64
import json
import ssl
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from support.serving import kubeconfig

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
HOP = {"transfer-encoding", "connection", "content-length", "keep-alive", "host"}


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]

    @property
    def watching(self) -> bool:
        return self.query.get("watch") == "true"

    @property
    def writing(self) -> bool:
        return self.method in WRITES


Forward = Callable[[], Awaitable[web.StreamResponse]]
Act = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]


@dataclass
class Fault:
    """What strikes (`matches`), what happens then (`act`), and how often (None for always)."""

    matches: Callable[[Call], bool]
    act: Act
    times: int | None = None
    struck: int = 0

    def strikes(self, call: Call) -> bool:
        if (self.times is not None and self.struck >= self.times) or not self.matches(call):
            return False
        self.struck += 1
        return True


def answers(status: int, reason: str = "InternalError", message: str = "injected", **headers: str) -> Act:
    """The request never reaches the API server."""

    async def act(_: web.Request, __: Forward) -> web.StreamResponse:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status}
        return web.json_response({**body, "message": message}, status=status, headers=headers)

    return act


def loses_answer() -> Act:
    """The request is carried out, but its answer never arrives: the connection breaks."""

    async def act(request: web.Request, forward: Forward) -> web.StreamResponse:
        await forward()
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError

    return act


def after(hook: Callable[[], Awaitable[Any]]) -> Act:
    """Something else happens first, then the request passes."""

    async def act(_: web.Request, forward: Forward) -> web.StreamResponse:
        await hook()
        return await forward()

    return act


def watch_error(code: int, message: str) -> Act:
    """A watch that says ERROR, as the API server does when etcd changes its leader or has compacted."""

    async def act(request: web.Request, _: Forward) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "application/json"})
        await reply.prepare(request)
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message}
        await reply.write(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
        return reply

    return act


def frozen() -> Act:
    """A watch that is open and says nothing, for ever."""

    async def act(request: web.Request, _: Forward) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "application/json"})
        await reply.prepare(request)
        await asyncio.Event().wait()
        return reply

    return act


@dataclass
class Upstream:
    """The API server behind, and how to speak to it."""

    server: str
    tls: ssl.SSLContext

    @classmethod
    def of(cls, kubeconfig: str) -> "Upstream":
        config = yaml.safe_load(Path(kubeconfig).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode("ascii"))
        with tempfile.NamedTemporaryFile(suffix=".pem") as pem:
            for name in ("client-certificate-data", "client-key-data"):
                pem.write(base64.b64decode(user[name]) + b"\n")
            pem.flush()
            tls.load_cert_chain(pem.name)
        return cls(cluster["server"], tls)


@dataclass
class FaultProxy:
    """The proxy: `kubeconfig()` for its clients, `faults` to inject, `calls` to count."""

    upstream: Upstream
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    open_watches: set[asyncio.Task[Any]] = field(default_factory=set)

    def kubeconfig(self, folder: Path) -> str:
        """Path of a kubeconfig that leads here."""
        path = folder / f"proxy-{self.port}.kubeconfig"
        path.write_text(yaml.safe_dump(kubeconfig(f"http://127.0.0.1:{self.port}")))
        return str(path)

    def fault(self, matches: Callable[[Call], bool], act: Act, times: int | None = None) -> Fault:
        """Inject one from now on."""
        made = Fault(matches, act, times)
        self.faults.append(made)
        return made

    def heal(self) -> None:
        """All faults end."""
        self.faults.clear()

    def cut_watches(self) -> None:
        """Break the watches that are open, so that they have to be opened anew."""
        for task in list(self.open_watches):
            task.cancel()

    def writes(self, part: str) -> Counter[str]:
        """Writes whose path contains this, by method and path."""
        return Counter(f"{c.method} {c.path}" for c in self.calls if c.writing and part in c.path)


@asynccontextmanager
async def fault_proxy(kubeconfig: str) -> AsyncIterator[FaultProxy]:
    """A running proxy before the API server of this kubeconfig."""
    proxy = FaultProxy(Upstream.of(kubeconfig))
    timeout = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0, ssl=proxy.upstream.tls)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        app = web.Application(client_max_size=8 << 20)
        app.router.add_route("*", "/{path:.*}", _handler(proxy, session))
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.port = runner.addresses[0][1]
        try:
            yield proxy
        finally:
            proxy.cut_watches()
            await runner.cleanup()


def _handler(proxy: FaultProxy, session: aiohttp.ClientSession) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.StreamResponse:
        call = Call(request.method, request.path, dict(request.query))
        proxy.calls.append(call)
        body = await request.read()

        async def forward() -> web.StreamResponse:
            return await _forward(proxy, session, request, body)

        task = asyncio.current_task()
        if call.watching and task is not None:
            proxy.open_watches.add(task)
            task.add_done_callback(proxy.open_watches.discard)
        fault = next((fault for fault in proxy.faults if fault.strikes(call)), None)
        return await (fault.act(request, forward) if fault is not None else forward())

    return handle


async def _forward(
    proxy: FaultProxy, session: aiohttp.ClientSession, request: web.Request, body: bytes
) -> web.StreamResponse:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
    url = proxy.upstream.server + request.path_qs
    async with session.request(request.method, url, headers=headers, data=body or None) as answer:
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
        if request.query.get("watch") != "true":
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)
        reply = web.StreamResponse(status=answer.status, headers=kept)
        await reply.prepare(request)
        async for chunk in answer.content.iter_any():
            await reply.write(chunk)
        return reply
