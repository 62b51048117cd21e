"""Gives a run the memories and skills of its tenant, and those that the platform published to all."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import structlog

from casebook.api.base import MEMORIES, SKILLS
from casebook.api.names import PLATFORM_TENANT
from casebook.api.run import MAX_RECALLED, Recalled, RecalledSkill, Run
from casebook.api.texts import TextKind
from casebook.gateway.directory import Directory
from casebook.gateway.ports import ObjectReader
from casebook.gateway.recent import Recent
from casebook.gateway.shelves import Shelves
from casebook.knowledge import recall, skills
from casebook.knowledge.finding import question_text
from casebook.knowledge.quarantine import marked, quarantines
from casebook.knowledge.recall import Shelved
from casebook.store.errors import StoreUnavailable

BY_SCOPE = "how narrow they are"
_log = structlog.get_logger(__name__)


class MemoryTexts(Protocol):
    """What memories are found by. Raises `StoreUnavailable`."""

    async def by_words(self, tenant: str, kind: TextKind, said: str, limit: int) -> dict[str, float]:
        """The best of them by the words that they share with a text, with their scores."""
        ...


@dataclass(frozen=True)
class Shelf:
    """The confirmed memories and skills of a namespace, what could not be had, and what tenants see of the platform's.

    Memories are in the order in which they win, so that to sort those of many namespaces takes little.
    """

    memories: Sequence[Shelved] = ()
    skills: Sequence[RecalledSkill] = ()
    missing: tuple[str, ...] = ()
    published: "Shelf | None" = None


class Recall:
    """Reads what is known by namespace, as the RoleBindings of the tenants allow. Raises `Unavailable`, then try again.

    `texts` are what memories are chosen by where too many may apply; without them the narrowest are.
    """

    def __init__(
        self,
        reader: ObjectReader,
        operator_namespace: str,
        clock: Callable[[], datetime],
        texts: MemoryTexts | None = None,
    ) -> None:
        self._operator = operator_namespace
        self._texts = texts
        self._clock = clock
        self._memories = Shelves(reader, MEMORIES, _shelved, recall.in_order)
        self._skills = Shelves(reader, SKILLS, skills.read_all)
        self._shelves = Recent(self._read, clock)

    async def close(self) -> None:
        """Follow nothing any more."""
        await asyncio.gather(self._memories.close(), self._skills.close())

    async def given(self, run: Run, tenant: str, directory: Directory) -> Run:
        """The run with what it recalls. What may not be read is left out, and the run says so."""
        places = list(dict.fromkeys([run.namespace, *directory.namespaces_of(tenant), self._operator]))
        shelves = await asyncio.gather(*(self._shelf(place, tenant) for place in places))
        memories = [one for shelf in shelves for one in shelf.memories]
        practices = [one for shelf in shelves for one in shelf.skills]
        found, without = await self._remembered(memories, practices, run, tenant)
        practice, others = await asyncio.to_thread(_practised, practices, memories, run)
        missing = [line for shelf in shelves for line in shelf.missing]
        return run.replace(recalled=found, skills=practice, unrecalled=[*missing, *without, *others][:20])

    async def _remembered(
        self, held: list[Shelved], practices: list[RecalledSkill], run: Run, tenant: str
    ) -> tuple[list[Recalled], list[str]]:
        """The memories that a run recalls, and in a line how many more there were."""
        # Side by side, since the one is work here and the other in Postgres.
        may_apply, (scores, by) = await asyncio.gather(
            asyncio.to_thread(recall.fitting, held, run, practices), self._scores(run, tenant, len(held))
        )
        found, left = await asyncio.to_thread(recall.chosen, may_apply, scores)
        return found, _left_out(left, "memories", len(found), by)

    async def _scores(self, run: Run, tenant: str, count: int) -> tuple[Mapping[str, float], str]:
        """How much the text of each memory is like the question, where more are held than fit; and what was gone by.

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
        return known if tenant == PLATFORM_TENANT else known.published or known

    async def _read(self, place: str) -> Shelf:
        memories, practice = await asyncio.gather(self._memories.of(place), self._skills.of(place))
        missing = (*memories.missing, *practice.missing)
        shelf = Shelf(memories.found, practice.found, missing)
        if place != self._operator:
            return shelf
        return replace(shelf, published=await asyncio.to_thread(_published, shelf, self._clock()))


def _shelved(raws: Iterable[Mapping[str, Any]]) -> tuple[list[Shelved], list[str]]:
    memories, odd = recall.read_all(raws)
    return recall.shelved(memories), odd


def _published(shelf: Shelf, now: datetime) -> Shelf:
    """The operator's shelf as a tenant sees it: what was published, without who wrote it or what it came from."""
    held = [one.memory for one in shelf.memories]
    memories = recall.published(held, now)
    practices = marked(shelf.skills, quarantines(held, now), held)
    missing = ("some of the platform's memories or skills could not be read",) if shelf.missing else ()
    return Shelf(tuple(recall.shelved(memories)), tuple(skills.published(practices)), missing)


def _practised(held: list[RecalledSkill], memories: list[Shelved], run: Run) -> tuple[list[RecalledSkill], list[str]]:
    """The skills that a run recalls, and in a line how many more there were."""
    found, left = skills.recalled_skills(held, run, memories)
    return found, _left_out(left, "skills", len(found), BY_SCOPE)


def _left_out(count: int, kind: str, kept: int, by: str) -> list[str]:
    return [f"{count} {kind} that may apply were not recalled: {kept} were, chosen by {by}"] if count else []
