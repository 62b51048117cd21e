"""Backtests proposals: what each would have done to the investigations of the past, before anybody confirms it."""

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

import structlog

from casebook.api.base import API_VERSION, MEMORIES
from casebook.api.enums import State
from casebook.api.memory import Backtest
from casebook.api.run import Recalled, Run, Trace
from casebook.cluster.errors import Conflict, NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.apart import process
from casebook.controller.storing import storing
from casebook.knowledge.recall import read
from casebook.reasoning.backtest import Effect, effect, may_apply

MAX_RUNS = 200
MAX_EXAMPLES = 5
CPU_SECONDS = 60

log = structlog.get_logger(__name__)


class PastRuns(Protocol):
    """Where concluded investigations are read. Raises `StoreUnavailable`."""

    async def concluded(self, tenant: str, limit: int) -> list[Run]:
        """The runs whose report was stored last, the newest first, without those that another one explains."""
        ...

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        """Everything that a replay needs, if it was kept."""
        ...


class Backtests:
    """Works under a field manager of its own, which owns `status.backtest`. Raises `ClusterError`.

    One at a time, in a process that may take a minute of a core: `of` is how many investigations that sufficed for.
    """

    def __init__(self, reader: Reader, writer: Writer, past: PastRuns) -> None:
        self._reader = reader
        self._writer = writer
        self._past = past
        self.busy = False

    async def test(self, tenant: str, namespace: str, name: str) -> None:
        """Test a memory that is proposed and was not tested in this version."""
        try:
            raw = await self._reader.get(MEMORIES, name, namespace)
        except NotFound:
            return
        if not wanted(raw):
            return
        memory = read(raw)
        self.busy = True
        try:
            with storing():
                found = await self._found(tenant, memory)
        finally:
            self.busy = False
        await self._write(raw, found)
        log.info("backtested", memory=name, namespace=namespace, applies=found.would_apply, of=found.of)

    async def _found(self, tenant: str, memory: Recalled) -> Backtest:
        runs = await self._past.concluded(tenant, MAX_RUNS)
        told: list[tuple[str, Effect]] = []
        async with process(CPU_SECONDS) as work:
            for run in runs:
                try:
                    told.append((run.name, await self._effect(tenant, run, memory, work)))
                except BrokenProcessPool:
                    log.warning("a backtest took its minute", memory=memory.name, of=len(told))
                    break
        return counted(memory.version, told)

    async def _effect(self, tenant: str, run: Run, memory: Recalled, work: Any) -> Effect:
        if not may_apply(run, memory):
            return Effect(applies=False, changes=False)
        trace = await self._past.trace(tenant, run.uid)
        if trace is None:
            return Effect(applies=False, changes=False)
        answer: Effect = await work(
            _effect, trace.model_dump_json(by_alias=True), memory.model_dump_json(by_alias=True)
        )
        return answer

    async def _write(self, raw: dict[str, Any], found: Backtest) -> None:
        metadata = {name: raw["metadata"][name] for name in ("name", "namespace", "resourceVersion")}
        manifest = {
            "apiVersion": API_VERSION, "kind": "Memory", "metadata": metadata, "status": {"backtest": found.wire()},
        }  # fmt: skip
        try:
            await self._writer.apply_status(MEMORIES, manifest)
        except (Conflict, NotFound):
            log.info("it changed while it was tested; the watch tells of that", memory=metadata["name"])


def wanted(raw: dict[str, Any]) -> bool:
    """Whether a memory waits for somebody to confirm it, claims something, and was not tested as it is."""
    spec, tested = raw.get("spec") or {}, (raw.get("status") or {}).get("backtest") or {}
    proposed = spec.get("state", State.PROPOSED.value) == State.PROPOSED.value
    return proposed and bool(spec.get("claim")) and tested.get("version") != raw["metadata"].get("generation", 0)


def counted(version: int, told: Sequence[tuple[str, Effect]]) -> Backtest:
    """What came of it; examples are those that it would have changed, then those that it would have applied to."""
    changed = [name for name, one in told if one.changes]
    rest = [name for name, one in told if one.applies and not one.changes]
    return Backtest(
        version=version,
        would_apply=len(changed) + len(rest),
        of=len(told),
        would_change=len(changed),
        examples=[*changed, *rest][:MAX_EXAMPLES],
    )


def _effect(trace: str, memory: str) -> Effect:
    return effect(Trace.model_validate_json(trace), Recalled.model_validate_json(memory))
