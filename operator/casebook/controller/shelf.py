"""Writes into the status of each memory how it stands: its version, whether it is fresh, what contradicts it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import structlog
from pydantic import ValidationError

from casebook.analysis.things import clip
from casebook.api.base import API_VERSION, MEMORIES
from casebook.api.case import PastCase, Use
from casebook.api.enums import State
from casebook.api.meta import MANAGED_BY, MANAGED_BY_LABEL
from casebook.api.run import Recalled
from casebook.cluster.errors import ClusterError, Denied, Invalid, Unavailable
from casebook.cluster.writer import Writer
from casebook.controller import manifests
from casebook.controller.backtesting import wanted
from casebook.controller.hinting import RecentCases
from casebook.controller.manifests import COMPONENT
from casebook.controller.plan import Emit
from casebook.controller.statuses import Held, conditions, differs, settle
from casebook.controller.storing import storing
from casebook.controller.tools import EVENTS
from casebook.knowledge.accepting import accepted_causes
from casebook.knowledge.announcing import News, news
from casebook.knowledge.concepts import key
from casebook.knowledge.credit import by_memory, tally, trust
from casebook.knowledge.expecting import normal_values
from casebook.knowledge.generalising import MAX_PROPOSED, Proposal, proposals
from casebook.knowledge.matching import scope_words
from casebook.knowledge.noticing import noticed_facts
from casebook.knowledge.quarantine import heard, marked, quarantines, untainted
from casebook.knowledge.recall import published, read
from casebook.knowledge.recurrence import FULL_WITHIN
from casebook.knowledge.standing import Told, next_change, standings

SCOPE = 1000
"""Characters of a scope in words."""
WRITES_AT_ONCE = 8
"""Statuses that are written side by side: an API server takes some ten milliseconds for each, most of them waiting."""
Uses = Mapping[str, Sequence[Use]]
"""The uses of each memory, by `namespace/name`."""

log = structlog.get_logger(__name__)


class Ledger(Protocol):
    """Where uses of memories are kept. Raises `StoreUnavailable`."""

    async def used(self, tenant: str) -> list[Use]:
        """The uses of each memory of a tenant, the newest first."""
        ...


@dataclass(frozen=True)
class MemoryView:
    """One memory as the API server holds it, with the status that it has; `untested` where a backtest is to be made."""

    memory: Recalled
    resource_version: str
    status: dict[str, Any]
    untested: bool = False
    uid: str = ""

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
    uid = str(raw["metadata"].get("uid", ""))
    # What the status says now is no ground for what it is to say.
    judged = memory.replace(quarantined="") if memory.quarantined else memory
    return MemoryView(
        judged, str(raw["metadata"].get("resourceVersion", "")), raw.get("status") or {}, wanted(raw), uid
    )


class Judged(NamedTuple):
    """What is known in the namespaces of a tenant, and the quarantines in force there, the platform's among them."""

    namespaces: frozenset[str]
    memories: Sequence[Recalled] = ()
    against: Sequence[Recalled] = ()


class Shelf:
    """The memories of the cluster, as watches tell of them."""

    def __init__(
        self,
        writer: Writer,
        now: Callable[[], datetime],
        ledger: Ledger | None = None,
        instance: str = COMPONENT,
        operator: str = "",
        cases: RecentCases | None = None,
    ) -> None:
        self._writer = writer
        self._now = now
        self._ledger = ledger
        self._instance = instance
        self._operator = operator
        self._cases = cases
        self._held: dict[str, MemoryView] = {}
        self._used: dict[str, dict[str, list[Use]]] = {}

    def put(self, view: MemoryView) -> None:
        """It is there, or has changed."""
        self._held[key(view.memory)] = view

    def drop(self, view: MemoryView) -> None:
        """It is gone."""
        self._held.pop(key(view.memory), None)

    def states(self) -> Counter[State]:
        """How many memories there are of each state."""
        return Counter(view.memory.spec.state for view in self._held.values())

    def memories(self, namespaces: frozenset[str]) -> list[Recalled]:
        """All that are there in these namespaces."""
        return [view.memory for view in self._held.values() if view.namespace in namespaces]

    def judged(self, namespaces: frozenset[str]) -> Judged:
        """What skills of these namespaces are judged by."""
        memories = self.memories(namespaces)
        others = published(self._of_platform(namespaces), self._now())
        return Judged(namespaces, memories, quarantines([*memories, *others], self._now()))

    async def judge(self, tenant: str, namespaces: frozenset[str]) -> float | None:
        """Write what has changed about the memories of a tenant; in how many seconds to look again.

        Raises `ClusterError`.
        """
        views = [view for view in self._held.values() if view.namespace in namespaces]
        if not views and self._cases is None:
            return None
        now = self._now()
        own, of_platform = [view.memory for view in views], self._of_platform(namespaces)
        memories, others, against = await asyncio.to_thread(_judged, own, of_platform, now)
        known = self._used.get(tenant)
        used = heard(await self._uses(tenant), against)
        told = await asyncio.to_thread(standings, memories, now, used, others)
        statuses = ((view, self._status(view, told, used, now)) for view in views)
        anew = [(view, status) for view, status in statuses if differs(view.status, status)]
        for at in range(0, len(anew), WRITES_AT_ONCE):
            await asyncio.gather(*(self._write(view, status) for view, status in anew[at : at + WRITES_AT_ONCE]))
        if known is not None:
            # What the ledger held before this process asked it first was told by another.
            await self._tell(views, known, used)
        past = untainted(await self._past(tenant, now), against)
        await self._propose(await asyncio.to_thread(_proposed, memories, past))
        due = next_change([*memories, *others], now)
        return None if due is None else max(1.0, (due - now).total_seconds())

    def _of_platform(self, namespaces: frozenset[str]) -> list[Recalled]:
        """The memories of the platform, for a tenant whose own namespaces these are."""
        if self._operator in namespaces:
            return []
        return [view.memory for view in self._held.values() if view.namespace == self._operator]

    async def _uses(self, tenant: str) -> dict[str, list[Use]]:
        """The uses of a tenant's memories, or while the store is away those that it told last: none regains its force
        by an outage."""
        if self._ledger is None:
            return {}
        try:
            with storing():
                found = await self._ledger.used(tenant)
        except Unavailable:
            if tenant not in self._used:
                raise
            return self._used[tenant]
        self._used[tenant] = by_memory(found)
        return self._used[tenant]

    async def _past(self, tenant: str, now: datetime) -> list[PastCase]:
        if self._cases is None:
            return []
        with storing():
            return await self._cases.recent(tenant, now - FULL_WITHIN)

    async def _propose(self, found: Iterable[Proposal]) -> None:
        for made in found:
            place = {"name": made.name, "namespace": made.namespace, "labels": {MANAGED_BY_LABEL: MANAGED_BY}}
            manifest = {"apiVersion": API_VERSION, "kind": "Memory", "metadata": place, "spec": made.spec.wire()}
            try:
                _, created = await self._writer.create(MEMORIES, manifest)
            except (Denied, Invalid) as error:
                log.warning("not proposed", memory=made.name, namespace=made.namespace, reason=error.message)
                continue
            if created:
                log.info("proposed", memory=made.name, namespace=made.namespace)

    async def _tell(self, views: Sequence[MemoryView], known: Uses, used: Uses) -> None:
        for view in views:
            name = key(view.memory)
            for one in news(known.get(name, ()), used.get(name, ())):
                await self._announce(view, one)

    async def _announce(self, view: MemoryView, told: News) -> None:
        """An Event is a courtesy: the status already says it, so it never holds anything up."""
        about = manifests.Regarding("Memory", view.namespace, view.memory.name, view.uid)
        emit = Emit(told.reason, told.note)
        manifest = manifests.event_on(about, emit, told.identity, "Recall", self._now(), self._instance)
        try:
            await self._writer.create(EVENTS, manifest)
        except ClusterError as error:
            log.warning("no Event", memory=view.memory.name, namespace=view.namespace, reason=error.message)

    def _status(
        self, view: MemoryView, told: Mapping[str, tuple[Told, ...]], used: Uses, now: datetime
    ) -> dict[str, Any]:
        name = key(view.memory)
        credit = _credit(view.memory, used.get(name, ())) if self._ledger else {}
        return _standing(view, told[name], now) | credit

    async def _write(self, view: MemoryView, status: dict[str, Any]) -> None:
        made = await settle(self._writer, _held(view), status)
        fresh = memory_of(made) if made else None
        if fresh is not None:
            self.put(fresh)


def _judged(
    memories: Sequence[Recalled], of_platform: Sequence[Recalled], now: datetime
) -> tuple[list[Recalled], list[Recalled], list[Recalled]]:
    """The memories of a tenant as quarantines leave them, what the platform published, and the quarantines."""
    others = published(of_platform, now)
    against = quarantines([*memories, *others], now)
    return marked(memories, against), others, against


def _proposed(memories: Sequence[Recalled], past: Sequence[PastCase]) -> list[Proposal]:
    """At most as many as a person would look at."""
    corrected, accepted = proposals(memories), accepted_causes(past, memories)
    seen = [*normal_values(past, memories), *noticed_facts(past, memories)]
    return [*corrected, *accepted, *seen][:MAX_PROPOSED]


def _held(view: MemoryView) -> Held:
    return Held(MEMORIES, view.namespace, view.memory.name, view.resource_version, view.status)


def _credit(memory: Recalled, used: Sequence[Use]) -> dict[str, Any]:
    counted = tally(used)
    last = {"lastUsedBy": used[0].investigation} if used else {}
    return {"uses": counted.wire(), "trustPercent": trust(memory.spec.origin, counted), **last}


def _standing(view: MemoryView, told: tuple[Told, ...], now: datetime) -> dict[str, Any]:
    generation = view.memory.version
    return {
        "observedGeneration": generation,
        "version": generation,
        "scope": clip(scope_words(view.memory.spec.scope), SCOPE),
        "conditions": conditions(view.status, told, generation, now),
    }
