"""`/healthz`, `/readyz` and `/metrics`."""

import asyncio
import time

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from casebook.cluster.errors import ClusterError, Denied
from casebook.gateway.drain import Drain
from casebook.gateway.metrics import Metrics
from casebook.gateway.ports import ObjectReader, TraceStore
from casebook.store.errors import StoreUnavailable

_FRESH_SECONDS = 3.0
_TIMEOUT_SECONDS = 3.0


class Health:
    """Alive while the loop turns; ready while the API server answers. The store is reported, not required."""

    def __init__(
        self, reader: ObjectReader, store: TraceStore | None, metrics: Metrics, operator_namespace: str, drain: Drain
    ) -> None:
        self._reader = reader
        self._store = store
        self._metrics = metrics
        self._namespace = operator_namespace
        self._checked = float("-inf")
        self._problems: dict[str, str] = {}
        self._drain = drain
        self._lock = asyncio.Lock()

    async def healthz(self, _request: web.Request) -> web.Response:
        """Always 200."""
        return web.json_response({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """200, or 503 while the API server is away or the process is ending; names what is wrong."""
        async with self._lock:
            if time.monotonic() - self._checked > _FRESH_SECONDS:
                self._problems = await self._check()
                self._checked = time.monotonic()
        problems = self._problems | ({"gateway": "is ending"} if self._drain.ending else {})
        ready = not ({"kubernetes", "gateway"} & problems.keys())
        state = {"store": "none is configured"} if self._store is None else {}
        return web.json_response({"ready": ready, **state, **problems}, status=200 if ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus' exposition format."""
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def watch_store(self, seconds: float) -> None:
        """Keep the gauge of the store true, for ever."""
        while self._store:
            await self._store_problem()
            await asyncio.sleep(seconds)

    async def _check(self) -> dict[str, str]:
        problems = {"kubernetes": await self._kubernetes_problem(), "store": await self._store_problem()}
        return {name: text for name, text in problems.items() if text}

    async def _kubernetes_problem(self) -> str:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._reader.get("namespaces", self._namespace)
        except Denied:
            return "the gateway may not read Namespaces"
        except ClusterError as error:
            return error.message
        except TimeoutError:
            return f"no answer within {_TIMEOUT_SECONDS:.0f} s"
        return ""

    async def _store_problem(self) -> str:
        if self._store is None:
            return ""
        try:
            await self._store.ping()
        except StoreUnavailable as error:
            self._metrics.store_up.set(0)
            return str(error)
        self._metrics.store_up.set(1)
        return ""
