"""Runs the gateway until it is told to end, then drains: nothing new, everything under way to its end."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import structlog
from aiohttp import web

from casebook.cluster.client import connect
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.gateway.app import FIELD_MANAGER, Gateway, build
from casebook.gateway.config import GatewayConfig
from casebook.gateway.history import Kept
from casebook.gateway.ledger import CallStore
from casebook.gateway.ports import TraceStore

_OUTBOUND_SECONDS = 10.0
_STORE_SECONDS = 15.0
_log = structlog.get_logger(__name__)


async def serve(
    config: GatewayConfig,
    store: TraceStore | None,
    kept: Kept | None = None,
    calls: CallStore | None = None,
    *,
    kubeconfig: str | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises `OSError` where the address is taken and `NotConfigured`."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    timeout = aiohttp.ClientTimeout(total=_OUTBOUND_SECONDS)
    async with connect(kubeconfig) as client, aiohttp.ClientSession(timeout=timeout) as http:
        reader, writer = Reader(client), Writer(client, FIELD_MANAGER)
        gateway = build(config, reader, writer, store, http, _now, kept, calls)
        async with _listening(gateway, config):
            await ended.wait()


@contextlib.asynccontextmanager
async def _listening(gateway: Gateway, config: GatewayConfig) -> AsyncIterator[None]:
    runner = web.AppRunner(gateway.app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    host, port = config.address()
    site = web.TCPSite(runner, host or None, port, backlog=512)
    await site.start()
    beside = [asyncio.create_task(work) for work in (gateway.health.watch_store(_STORE_SECONDS), gateway.sweep.run())]
    _log.info("listening", address=site.name, receivers=len(config.receivers))
    try:
        yield
    finally:
        _log.info("draining")
        gateway.drain.ending = True
        for task in beside:
            task.cancel()
        await site.stop()
        finished = await gateway.drain.wait(config.drain_seconds)
        await runner.cleanup()
        settled = await gateway.ledger.close(config.drain_seconds)
        await gateway.notifier.close(config.drain_seconds)
        await gateway.recall.close()
        _log.info("ended", finished=finished, settled=settled)


def _now() -> datetime:
    return datetime.now(UTC)
