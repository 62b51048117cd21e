"""Gives a run the memories of its tenant, and those that the platform published to all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from casebook.api.base import MEMORIES
from casebook.api.names import PLATFORM_TENANT
from casebook.api.run import Recalled, Run
from casebook.cluster.errors import Denied, Invalid, NotFound
from casebook.gateway.directory import Directory
from casebook.gateway.ports import ObjectReader
from casebook.gateway.recent import Recent
from casebook.knowledge.recall import CONFIRMED, published, read_all, recalled

MAX_LISTED = 5000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Shelf:
    """The confirmed memories of one namespace, and what of them could not be had."""

    memories: tuple[Recalled, ...] = ()
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
        found, left = await asyncio.to_thread(recalled, memories, run)
        missing = [line for shelf in shelves for line in shelf.missing]
        if left:
            missing.append(f"{left} memories that may apply were not recalled: the narrowest {len(found)} were")
        return run.replace(recalled=found, unrecalled=missing[:20])

    async def _shelf(self, place: str, tenant: str) -> Shelf:
        known = await self._shelves.of(place)
        return known if place != self._operator or tenant == PLATFORM_TENANT else _published(known, self._clock())

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


def _published(shelf: Shelf, now: datetime) -> Shelf:
    """The operator's shelf as a tenant sees it: what was published, without who wrote it or what it came from."""
    memories = published(shelf.memories, now)
    return Shelf(tuple(memories), ("some of the platform's memories could not be read",) if shelf.missing else ())
