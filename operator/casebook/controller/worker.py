"""Takes keys from the worklist and handles them. The one place in the controller where any error is survived."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter

import structlog

from casebook.cluster.errors import ClusterError, Unavailable
from casebook.controller.metrics import Metrics
from casebook.controller.worklist import Key, Kind, Worklist

Handler = Callable[[Key], Awaitable[None]]

log = structlog.get_logger(__name__)


class Worker:
    """Handles one key after another, for ever; several may share a worklist."""

    def __init__(self, worklist: Worklist, handlers: Mapping[Kind, Handler], metrics: Metrics) -> None:
        self._worklist = worklist
        self._handlers = handlers
        self._metrics = metrics

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.step(await self._worklist.take())

    async def step(self, key: Key) -> None:
        """One key: done, or noted as failed and tried again later."""
        begun = perf_counter()
        result = "ok"
        try:
            await self._handlers[key.kind](key)
            self._worklist.done(key)
        except asyncio.CancelledError:
            raise
        except ClusterError as error:
            result = type(error).__name__
            wait = error.retry_after if isinstance(error, Unavailable) else None
            log.warning("could not", **_words(key), error=error.message, again=self._worklist.failed(key, wait or 0.0))
        except Exception:
            # A fault of ours in one object must not stop the work on all others.
            result = "Fault"
            log.exception("failed", **_words(key), again=self._worklist.failed(key))
        self._metrics.reconciles.labels(key.kind.value, result).inc()
        self._metrics.reconcile_seconds.labels(key.kind.value).observe(perf_counter() - begun)


def _words(key: Key) -> dict[str, str]:
    return {"kind": key.kind.value, "namespace": key.namespace, "name": key.name}
