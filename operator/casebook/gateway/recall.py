"""Gives a run the memories of its tenant, and those that the platform published to all."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

import structlog

from casebook.api.base import MEMORIES
from casebook.api.names import PLATFORM_TENANT
from casebook.api.run import MAX_RECALLED, Run
from casebook.api.texts import TextKind
from casebook.cluster.errors import Denied, Invalid, NotFound
from casebook.gateway.directory import Directory
from casebook.gateway.ports import ObjectReader
from casebook.gateway.recent import Recent
from casebook.knowledge.finding import question_text
from casebook.knowledge.recall import CONFIRMED, Shelved, chosen, fitting, in_order, published, read_all, shelved
from casebook.store.errors import StoreUnavailable

MAX_LISTED = 10_000
"""Memories of one namespace that are read."""
MAX_REMEMBERED = 64
"""Namespaces of which what was understood last is held, so that only what has changed is read anew."""
BY_SCOPE = "how narrow they are"
_log = structlog.get_logger(__name__)


class MemoryTexts(Protocol):
    """What memories are found by. Raises `StoreUnavailable`."""

    async def by_words(self, tenant: str, kind: TextKind, said: str, limit: int) -> dict[str, float]:
        """The best of them by the words that they share with a text, with their scores."""
        ...


Version = tuple[str, str]
"""The name and the resource version of a memory."""


@dataclass(frozen=True)
class Shelf:
    """The confirmed memories of a namespace, what of the platform's a tenant sees, and what could not be had."""

    memories: tuple[Shelved, ...] = ()
    published: tuple[Shelved, ...] = ()
    missing: tuple[str, ...] = ()
    known: Mapping[Version, Shelved | None] = field(default_factory=dict)
    """What was understood, so that it need not be read again; None where it is not confirmed."""


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
        self._clock = clock
        self._shelves = Recent(self._read, clock)
        self._last: OrderedDict[str, Shelf] = OrderedDict()

    async def given(self, run: Run, tenant: str, directory: Directory) -> Run:
        """The run with what it recalls. What may not be read is left out, and the run says so."""
        places = list(dict.fromkeys([run.namespace, *directory.namespaces_of(tenant), self._operator]))
        shelves = await asyncio.gather(*(self._shelf(place, tenant) for place in places))
        memories = [memory for held, _ in shelves for memory in held]
        may_apply = await asyncio.to_thread(fitting, memories, run)
        scores, by = await self._scores(run, tenant, len(may_apply))
        found, left = await asyncio.to_thread(chosen, may_apply, run, scores)
        missing = [line for _, lines in shelves for line in lines]
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

    async def _shelf(self, place: str, tenant: str) -> tuple[Sequence[Shelved], Sequence[str]]:
        known = await self._shelves.of(place)
        if place != self._operator or tenant == PLATFORM_TENANT:
            return known.memories, known.missing
        return known.published, ("some of the platform's memories could not be read",) if known.missing else ()

    async def _read(self, place: str) -> Shelf:
        try:
            page = await self._reader.list(MEMORIES, place, fields=CONFIRMED, limit=MAX_LISTED)
        except (Denied, NotFound, Invalid) as error:
            _log.warning("memories cannot be read", namespace=place, error=error.message)
            return Shelf(missing=(f"memories of namespace {place} could not be read: {error.message}"[:1000],))
        before = self._last.get(place, Shelf()).known
        shelf = await asyncio.to_thread(_shelf_of, page.items, before, place)
        if place == self._operator:
            shelf = await asyncio.to_thread(_with_published, shelf, self._clock())
        self._last[place] = shelf
        self._last.move_to_end(place)
        while len(self._last) > MAX_REMEMBERED:
            self._last.popitem(last=False)
        if not page.truncated:
            return shelf
        more = f"namespace {place} has more than {MAX_LISTED} memories; the others were not recalled"
        return replace(shelf, missing=(*shelf.missing, more))


def _shelf_of(raws: Sequence[Mapping[str, Any]], before: Mapping[Version, Shelved | None], place: str) -> Shelf:
    missing: list[str] = []
    known: dict[Version, Shelved | None] = {}
    for raw in raws:
        version = raw["metadata"]["name"], str(raw["metadata"].get("resourceVersion", ""))
        if version in before:
            known[version] = before[version]
            continue
        memories, odd = read_all([raw])
        missing += [f"namespace {place}: {line}"[:1000] for line in odd]
        if memories:
            known[version] = next(iter(shelved(memories)), None)
    return Shelf(tuple(in_order(filter(None, known.values()))), missing=tuple(missing), known=known)


def _with_published(shelf: Shelf, now: datetime) -> Shelf:
    """The operator's shelf with what a tenant sees of it: without who wrote it or what it came from."""
    return replace(shelf, published=tuple(shelved(published([one.memory for one in shelf.memories], now))))
