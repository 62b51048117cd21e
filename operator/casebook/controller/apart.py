"""A process for what takes a core for a while: replays, and backtests that consist of them."""

import asyncio
import resource
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any


@asynccontextmanager
async def process(cpu_seconds: int) -> AsyncIterator[Callable[..., Any]]:
    """Gives a function that calls another one in a fresh process and returns an awaitable of its result.

    Past so many seconds of a core, or out of memory, the process ends and its calls raise `BrokenProcessPool`.
    """
    # A fresh process, not a fork: this one has threads and an event loop.
    pool = ProcessPoolExecutor(1, get_context("spawn"), _bound, (cpu_seconds,))
    try:
        yield partial(asyncio.get_running_loop().run_in_executor, pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _bound(cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
