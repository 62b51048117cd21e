"""/healthz, /readyz and /metrics on one port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, ProcessCollector, generate_latest

from casebook.controller.controller import Controller


def application(controller: Controller) -> web.Application:
    """The three pages. Liveness fails when the resync is too long ago: then nothing is repaired any more."""

    async def healthz(_: web.Request) -> web.Response:
        return _verdict(controller.healthy, "the last complete resync is too long ago")

    async def readyz(_: web.Request) -> web.Response:
        return _verdict(controller.ready, "the cluster has not been seen whole yet")

    async def metrics(_: web.Request) -> web.Response:
        controller.measure()
        body = generate_latest(controller.metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    ProcessCollector(registry=controller.metrics.registry)
    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app


@asynccontextmanager
async def serve(controller: Controller, listen: str) -> AsyncIterator[int]:
    """Serve them at `host:port` (port 0 for any free one); yields the port. Raises `OSError` if it is taken."""
    host, _, port = listen.rpartition(":")
    runner = web.AppRunner(application(controller), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host or None, int(port))
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _verdict(good: bool, otherwise: str) -> web.Response:
    return web.Response(text="ok\n") if good else web.Response(status=503, text=f"{otherwise}\n")
