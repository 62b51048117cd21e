"""Gives a run the memories and skills of its tenant, and those that the platform published to all."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog

from casebook.api.base import MEMORIES, SKILLS
from casebook.api.names import PLATFORM_TENANT
from casebook.api.run import Recalled, RecalledSkill, Run
from casebook.cluster.errors import Denied, Invalid, NotFound
from casebook.gateway.directory import Directory
from casebook.gateway.ports import ObjectReader
from casebook.gateway.recent import Recent
from casebook.knowledge import recall, skills

MAX_LISTED = 5000
T = TypeVar("T", Recalled, RecalledSkill)
Understand = Callable[[Iterable[Mapping[str, Any]]], tuple[list[T], list[str]]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Shelf:
    """The confirmed memories and skills of one namespace, and what of them could not be had."""

    memories: tuple[Recalled, ...] = ()
    skills: tuple[RecalledSkill, ...] = ()
    missing: tuple[str, ...] = ()


class Recall:
    """Reads memories by namespace, as the RoleBindings of the tenants allow. Raises `Unavailable`, then try again."""

    def __init__(self, reader: ObjectReader, operator_namespace: str, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._operator = operator_namespace
        self._clock = clock
        self._shelves = Recent(self._read, clock)

    async def given(self, run: Run, tenant: str, directory: Directory) -> Run:
        """The run with what it recalls. What may not be read is left out, and the run says so."""
        places = list(dict.fromkeys([run.namespace, *directory.namespaces_of(tenant), self._operator]))
        shelves = await asyncio.gather(*(self._shelf(place, tenant) for place in places))
        memories = [memory for shelf in shelves for memory in shelf.memories]
        found, left = await asyncio.to_thread(recall.recalled, memories, run)
        practice, more = skills.recalled_skills([skill for shelf in shelves for skill in shelf.skills], run)
        missing = [line for shelf in shelves for line in shelf.missing]
        for kind, kept, over in (("memories", len(found), left), ("skills", len(practice), more)):
            if over:
                missing.append(f"{over} {kind} that may apply were not recalled: the narrowest {kept} were")
        return run.replace(recalled=found, skills=practice, unrecalled=missing[:20])

    async def _shelf(self, place: str, tenant: str) -> Shelf:
        known = await self._shelves.of(place)
        return known if place != self._operator or tenant == PLATFORM_TENANT else _published(known, self._clock())

    async def _read(self, place: str) -> Shelf:
        (memories, some), (found, others) = await asyncio.gather(
            self._listed(MEMORIES, place, recall.read_all), self._listed(SKILLS, place, skills.read_all)
        )
        return Shelf(tuple(memories), tuple(found), (*some, *others))

    async def _listed(self, resource: str, place: str, understand: Understand[T]) -> tuple[list[T], list[str]]:
        """The confirmed ones of a kind, and in a line each what of them could not be had."""
        kind = resource.partition(".")[0]
        try:
            page = await self._reader.list(resource, place, fields=recall.CONFIRMED, limit=MAX_LISTED)
        except (Denied, NotFound, Invalid) as error:
            _log.warning("cannot be read", kind=kind, namespace=place, error=error.message)
            return [], [f"{kind} of namespace {place} could not be read: {error.message}"[:1000]]
        found, odd = await asyncio.to_thread(understand, page.items)
        missing = [f"namespace {place}: {line}"[:1000] for line in odd]
        if page.truncated:
            missing.append(f"namespace {place} has more than {MAX_LISTED} {kind}; the others were not recalled")
        return found, missing


def _published(shelf: Shelf, now: datetime) -> Shelf:
    """The operator's shelf as a tenant sees it: what was published, without who wrote it or what it came from."""
    missing = ("some of the platform's memories or skills could not be read",) if shelf.missing else ()
    return Shelf(tuple(recall.published(shelf.memories, now)), tuple(skills.published(shelf.skills)), missing)
