"""Replays in a process of their own: they take a core for a while and as much memory as the trace is large."""

import asyncio
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol

from casebook.api.investigation import Replay
from casebook.api.run import Recalled, Trace
from casebook.controller.apart import process
from casebook.reasoning.correction import replayed

CPU_SECONDS = 60


class TraceReader(Protocol):
    """Where stored investigations are read. Raises `StoreUnavailable`."""

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        """Everything that a replay needs, if it was kept."""
        ...


class CannotReplay(Exception):
    """There is nothing to replay, or it cannot be done; the message is for people."""


class Replays:
    """Replays stored investigations with a memory that they did not have."""

    def __init__(self, traces: TraceReader | None) -> None:
        self._traces = traces
        self._one = asyncio.Semaphore(1)

    async def compare(self, tenant: str, uid: str, memory: Recalled, feedback_id: str) -> Replay:
        """Old and new conclusion. Raises `CannotReplay` for good, `StoreUnavailable` for now."""
        if self._traces is None:
            raise CannotReplay("no database is configured, so there is no trace to replay")
        trace = await self._traces.trace(tenant, uid)
        if trace is None:
            raise CannotReplay("no trace of this investigation is stored")
        work = (trace.model_dump_json(by_alias=True), memory.model_dump_json(by_alias=True), feedback_id)
        async with self._one:
            return Replay.model_validate_json(await _in_a_process(*work))


async def _in_a_process(*work: str) -> str:
    try:
        async with process(CPU_SECONDS) as call:
            return str(await call(_compared, *work))
    except BrokenProcessPool as error:
        raise CannotReplay(f"the replay took more than {CPU_SECONDS} s of a core, or all memory") from error


def _compared(*work: str) -> str:
    trace, memory, feedback_id = work
    made = replayed(Trace.model_validate_json(trace), Recalled.model_validate_json(memory), feedback_id)
    return made.model_dump_json(by_alias=True)
