"""Keeps what an investigation saw, by the way, of what earlier ones blamed; it reads only what is stored."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from casebook.api.case import PastCase
from casebook.controller.replaying import TraceReader
from casebook.controller.storing import storing
from casebook.knowledge.ambient import WITHIN, hinted, resolved, waiting

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

    async def look(self, tenant: str, uid: str, now: datetime, resolved_after: timedelta | None = None) -> None:
        """Keep what this investigation saw, and how long after it came its alert was gone. Raises `Unavailable`."""
        with storing():
            recent = await self._cases.recent(tenant, now - WITHIN)
            gone = resolved(recent, uid, resolved_after) if resolved_after is not None else None
            if gone:
                await self._cases.keep(tenant, gone)
            cases = waiting(recent, now)
            trace = await self._traces.trace(tenant, uid) if any(case.uid != uid for case in cases) else None
            found = await asyncio.to_thread(hinted, cases, trace) if trace else []
            for case in found:
                await self._cases.keep(tenant, case)
                log.info("hint", investigation=case.name, namespace=case.namespace, seen=case.hint and case.hint.note)
