"""Gives a run the memories of its tenant, and those that the platform published to all."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from casebook.api.base import MEMORIES
from casebook.api.enums import KnowledgeReach
from casebook.api.names import PLATFORM_TENANT
from casebook.api.run import MAX_RECALLED, Recalled, Run
from casebook.api.texts import TextKind
from casebook.cluster.errors import Denied, Invalid, NotFound
from casebook.gateway.directory import Directory
from casebook.gateway.ports import ObjectReader
from casebook.gateway.recent import Recent
from casebook.knowledge.finding import question_text
from casebook.knowledge.recall import CONFIRMED, chosen, fitting, read_all
from casebook.store.errors import StoreUnavailable

MAX_LISTED = 5000
BY_SCOPE = "how narrow they are"
_log = structlog.get_logger(__name__)


class MemoryTexts(Protocol):
    """What memories are found by. Raises `StoreUnavailable`."""

    async def by_words(self, tenant: str, kind: TextKind, said: str, limit: int) -> dict[str, float]:
        """The best of them by the words that they share with a text, with their scores."""
        ...


@dataclass(frozen=True)
class Shelf:
    """The confirmed memories of one namespace, and what of them could not be had."""

    memories: tuple[Recalled, ...] = ()
    missing: tuple[str, ...] = ()


class Recall:
    """Reads memories by namespace, as the RoleBindings of the tenants allow. Raises `Unavailable`, then try again."""

    def __init__(
        self,
        reader: ObjectReader,
        operator_namespace: str,
        clock: Callable[[], datetime],
        texts: MemoryTexts | None = None,
    ) -> None:
        self._reader = reader
        self._operator = operator_namespace
        self._texts = texts
        self._shelves = Recent(self._read, clock)

    async def given(self, run: Run, tenant: str, directory: Directory) -> Run:
        """The run with what it recalls. What may not be read is left out, and the run says so."""
        places = list(dict.fromkeys([run.namespace, *directory.namespaces_of(tenant), self._operator]))
        shelves = await asyncio.gather(*(self._shelf(place, tenant) for place in places))
        memories = [memory for shelf in shelves for memory in shelf.memories]
        may_apply = await asyncio.to_thread(fitting, memories, run)
        scores, by = await self._scores(run, tenant, len(may_apply))
        found, left = await asyncio.to_thread(chosen, may_apply, run, scores)
        missing = [line for shelf in shelves for line in shelf.missing]
        if left:
            missing.append(f"{left} memories that may apply were not recalled: {len(found)} were, chosen by {by}")
        return run.replace(recalled=found, unrecalled=missing[:20])

    async def _scores(self, run: Run, tenant: str, count: int) -> tuple[Mapping[str, float], str]:
        """How much the text of each memory is like the question, where there are more than fit; and what was gone by.

        By words alone: no run waits for an embedding.
        """
        if self._texts is None or count <= MAX_RECALLED:
            return {}, BY_SCOPE
        said = question_text(run.spec, run.namespace)
        try:
            scores = await self._texts.by_words(tenant, TextKind.MEMORY, said, MAX_RECALLED)
        except StoreUnavailable as error:
            _log.warning("memories are chosen without their text", investigation=run.name, error=str(error))
            return {}, f"{BY_SCOPE}, since the store cannot be used now"
        return scores, f"{BY_SCOPE} and by the words of the question"

    async def _shelf(self, place: str, tenant: str) -> Shelf:
        known = await self._shelves.of(place)
        return known if place != self._operator or tenant == PLATFORM_TENANT else _published(known)

    async def _read(self, place: str) -> Shelf:
        try:
            page = await self._reader.list(MEMORIES, place, fields=CONFIRMED, limit=MAX_LISTED)
        except (Denied, NotFound, Invalid) as error:
            _log.warning("memories cannot be read", namespace=place, error=error.message)
            return Shelf(missing=(f"memories of namespace {place} could not be read: {error.message}"[:1000],))
        memories, odd = await asyncio.to_thread(read_all, page.items)
        missing = [f"namespace {place}: {line}"[:1000] for line in odd]
        if page.truncated:
            missing.append(f"namespace {place} has more than {MAX_LISTED} memories; the others were not recalled")
        return Shelf(tuple(memories), tuple(missing))


def _published(shelf: Shelf) -> Shelf:
    """The operator's shelf as a tenant sees it: what was published, without who wrote it or what it came from."""
    memories = [
        memory.replace(platform=True, spec=memory.spec.replace(origin=None, last_editor=""))
        for memory in shelf.memories
        if memory.spec.reach is KnowledgeReach.PLATFORM
    ]
    return Shelf(tuple(memories), ("some of the platform's memories could not be read",) if shelf.missing else ())
