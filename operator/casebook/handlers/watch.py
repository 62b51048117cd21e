"""Runs kopf beside the controller, and again whenever it gives up.

By design kopf ends on any ERROR event of a watch but 410, and on ending cancels every task of its event loop. So each
operator has a thread with a loop of its own, and is started anew from here; the resync bridges the gap.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import kopf
import structlog

from casebook.controller.config import ControllerConfig
from casebook.controller.metrics import Metrics
from casebook.handlers.ending import ended
from casebook.handlers.registry import Source, build
from casebook.handlers.settings import configure

FIRST_PAUSE = 0.5
LAST_PAUSE = 15.0
STEADY = 60.0
"""A watch that held for this many seconds begins again with the first pause."""

log = structlog.get_logger(__name__)


class Watch:
    """One kopf operator: these sources, in one namespace or (`namespace` empty) in the whole cluster."""

    def __init__(
        self,
        name: str,
        sources: tuple[Source, ...],
        config: ControllerConfig,
        metrics: Metrics,
        namespace: str = "",
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._name = name
        self._sources = sources
        self._config = config
        self._restarts = metrics.watch_restarts.labels(name)
        self._namespace = namespace
        self._first_pause = first_pause

    async def keep(self) -> None:
        """Watch until cancelled, whatever happens."""
        clock = asyncio.get_running_loop().time
        pause = self._first_pause
        while True:
            begun = clock()
            error = await self._once()
            pause = self._first_pause if clock() - begun > STEADY else pause
            log.warning("watch ended", watch=self._name, error=str(error), again=pause)
            self._restarts.inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE)

    async def _once(self) -> BaseException | None:
        """One life of the operator; what ended it."""
        operator = _Operator(self._run)
        thread = asyncio.create_task(asyncio.to_thread(operator.run))
        try:
            await asyncio.wait({thread})
        finally:
            operator.stop()
            await asyncio.wait({thread})
        return thread.exception()

    async def _run(self, deliver: Callable[[Callable[[Any], None], Any], None], stop: asyncio.Event) -> None:
        where = {"namespaces": [self._namespace]} if self._namespace else {"clusterwide": True}
        mine = asyncio.all_tasks()
        tasks = await kopf.spawn_tasks(
            registry=build(self._sources, deliver),
            settings=configure(self._config),
            standalone=True,
            stop_flag=stop,
            **where,
        )
        await ended(tasks, asyncio.create_task(kopf.run_tasks(tasks, ignored=mine)))


class _Operator:
    """The life of one operator in a thread: everything but `run` is called in the loop that made it."""

    def __init__(self, coroutine: Callable[..., Any]) -> None:
        self._home = asyncio.get_running_loop()
        self._coroutine = coroutine
        self._stopped = False
        self._stop: Callable[[], object] | None = None

    def run(self) -> None:
        """The whole of it, in the thread."""
        asyncio.run(self._main())

    def stop(self) -> None:
        """Ask it to end."""
        self._stopped = True
        if self._stop is not None:
            self._stop()

    async def _main(self) -> None:
        loop, flag = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.is_closed() or loop.call_soon_threadsafe(flag.set)
        if self._stopped:
            return
        try:
            await self._coroutine(self._deliver, flag)
        finally:
            self._stop = None

    def _deliver(self, tell: Callable[[Any], None], view: Any) -> None:
        self._home.call_soon_threadsafe(tell, view)
