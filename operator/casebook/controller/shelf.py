"""Writes into the status of each memory how it stands: its version, whether it is fresh, what contradicts it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError

from casebook.analysis.things import clip
from casebook.api.base import MEMORIES, timestamp
from casebook.api.run import Recalled
from casebook.cluster.errors import Conflict, NotFound
from casebook.cluster.writer import Writer
from casebook.knowledge.concepts import key
from casebook.knowledge.matching import scope_words
from casebook.knowledge.recall import read
from casebook.knowledge.standing import Told, next_change, standings

SCOPE = 1000
"""Characters of a scope in words."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class MemoryView:
    """One memory as the API server holds it, with the status that it has."""

    memory: Recalled
    resource_version: str
    status: dict[str, Any]

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.memory.namespace


def memory_of(raw: dict[str, Any]) -> MemoryView | None:
    """The view of a Memory; None where its content makes no sense to this version of Casebook."""
    try:
        memory = read(raw)
    except ValidationError:
        return None
    return MemoryView(memory, str(raw["metadata"].get("resourceVersion", "")), raw.get("status") or {})


class Shelf:
    """The memories of the cluster, as watches tell of them."""

    def __init__(self, writer: Writer, now: Callable[[], datetime]) -> None:
        self._writer = writer
        self._now = now
        self._held: dict[str, MemoryView] = {}

    def put(self, view: MemoryView) -> None:
        """It is there, or has changed."""
        self._held[key(view.memory)] = view

    def drop(self, view: MemoryView) -> None:
        """It is gone."""
        self._held.pop(key(view.memory), None)

    async def judge(self, namespaces: frozenset[str]) -> float | None:
        """Write what has changed about the memories of a tenant; in how many seconds to look again.

        Raises `ClusterError`.
        """
        views = [view for view in self._held.values() if view.namespace in namespaces]
        now, memories = self._now(), [view.memory for view in views]
        told = await asyncio.to_thread(standings, memories, now)
        for view in views:
            await self._write(view, told[key(view.memory)], now)
        due = next_change(memories, now)
        return None if due is None else max(1.0, (due - now).total_seconds())

    async def _write(self, view: MemoryView, told: tuple[Told, ...], now: datetime) -> None:
        status = _status(view, told, now)
        if status == {name: view.status.get(name) for name in status}:
            return
        place = {"name": view.memory.name, "namespace": view.memory.namespace}
        version = {"resourceVersion": view.resource_version}
        try:
            made = await self._writer.apply_status(MEMORIES, {"metadata": place | version, "status": status})
        except (Conflict, NotFound):
            # It has just changed or gone; the watch tells of that, and then it is judged again.
            return
        fresh = memory_of(made)
        if fresh is not None:
            self.put(fresh)


def _status(view: MemoryView, told: tuple[Told, ...], now: datetime) -> dict[str, Any]:
    before = {item.get("type"): item for item in view.status.get("conditions") or []}
    generation = view.memory.version
    return {
        "observedGeneration": generation,
        "version": generation,
        "scope": clip(scope_words(view.memory.spec.scope), SCOPE),
        "conditions": [_condition(one, before.get(one.type), generation, now) for one in told],
    }


def _condition(told: Told, before: dict[str, Any] | None, generation: int, now: datetime) -> dict[str, Any]:
    kept = before is not None and before.get("status") == told.status.value
    return {
        "type": told.type,
        "status": told.status.value,
        "reason": told.reason,
        "message": told.message,
        "lastTransitionTime": before["lastTransitionTime"] if before and kept else timestamp(now),
        "observedGeneration": generation,
    }
