"""Keeps what an investigation saw, by the way, of what earlier ones blamed; it reads only what is stored."""

import asyncio
from datetime import datetime
from typing import Protocol

import structlog

from casebook.api.case import PastCase
from casebook.cluster.errors import Unavailable
from casebook.controller.replaying import TraceReader
from casebook.knowledge.ambient import WITHIN, hinted, waiting
from casebook.store.errors import StoreUnavailable

log = structlog.get_logger(__name__)


class RecentCases(Protocol):
    """Where concluded cases are kept. Raises `StoreUnavailable`."""

    async def recent(self, tenant: str, since: datetime) -> list[PastCase]:
        """The cases that were concluded since then."""
        ...

    async def keep(self, tenant: str, case: PastCase) -> None:
        """Keep a case in the place of the one that is there."""
        ...


class Hints:
    """Ambient ratings of a tenant. Looking again changes nothing: a case has one hint, the first."""

    def __init__(self, traces: TraceReader, cases: RecentCases) -> None:
        self._traces = traces
        self._cases = cases

    async def look(self, tenant: str, uid: str, now: datetime) -> int:
        """Of how many earlier cases this investigation saw something. Raises `Unavailable`."""
        try:
            cases = waiting(await self._cases.recent(tenant, now - WITHIN), now)
            trace = await self._traces.trace(tenant, uid) if any(case.uid != uid for case in cases) else None
            found = await asyncio.to_thread(hinted, cases, trace) if trace else []
            for case in found:
                await self._cases.keep(tenant, case)
                log.info("hint", investigation=case.name, namespace=case.namespace, seen=case.hint and case.hint.note)
        except StoreUnavailable as error:
            raise Unavailable(f"the store cannot be used now: {error}") from error
        return len(found)
