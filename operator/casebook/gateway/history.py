"""What the store knows of earlier cases of the same question: for a run that begins, and for one that ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from casebook.api.case import Asked, PastCase, Use
from casebook.api.investigation import Recurrence
from casebook.api.run import Precedent, ReportEnvelope, Run
from casebook.gateway.recall import MemoryTexts
from casebook.knowledge.asking import alike, asked
from casebook.knowledge.credit import uses_of
from casebook.knowledge.quarantine import quarantines, untainted
from casebook.knowledge.recurrence import case_of, precedents, recurrence
from casebook.store.errors import StoreUnavailable

_log = structlog.get_logger(__name__)


class CaseStore(Protocol):
    """Keeps concluded cases by tenant. Every method raises `StoreUnavailable`."""

    async def keep(self, tenant: str, case: PastCase) -> None:
        """Keep a case."""
        ...

    async def asked(self, tenant: str, asked: Asked) -> list[PastCase]:
        """The cases of questions with the same alert, place and target."""
        ...


class UseStore(Protocol):
    """Keeps what memories were to investigations, by tenant. Raises `StoreUnavailable`."""

    async def note(self, tenant: str, made: Sequence[Use]) -> None:
        """Keep the uses that an investigation made."""
        ...


@dataclass(frozen=True)
class Kept:
    """Where the history of tenants is kept."""

    cases: CaseStore
    uses: UseStore
    texts: MemoryTexts | None = None


class History:
    """Earlier cases of a tenant. Where there is no store, or it does not answer, nothing recurs."""

    def __init__(self, kept: Kept | None) -> None:
        self._kept = kept

    async def precedents(self, tenant: str, run: Run) -> list[Precedent]:
        """The causes that a run tests first."""
        try:
            known = untainted(await self._alike(tenant, run), quarantines(run.recalled, run.now))
            return precedents(known, run.now)
        except StoreUnavailable as error:
            _log.warning("a run begins without precedents", investigation=run.name, error=str(error))
            return []

    async def concluded(self, tenant: str, run: Run, envelope: ReportEnvelope) -> Recurrence | None:
        """Keep the case and what memories were to it; which occurrence it is, or None where that cannot be told.

        One that an incident explains is none of its own, and memories have had their part in the other's report.
        """
        if self._kept is None:
            return None
        case = case_of(run, envelope)
        try:
            await self._kept.cases.keep(tenant, case)
            if case.explained_by:
                return None
            await self._kept.uses.note(tenant, uses_of(run, envelope.report))
            return recurrence(case, await self._alike(tenant, run))
        except StoreUnavailable as error:
            _log.warning("a case is not kept", investigation=run.name, error=str(error))
            return None

    async def _alike(self, tenant: str, run: Run) -> list[PastCase]:
        if self._kept is None:
            return []
        about = asked(run.spec, run.namespace)
        return [case for case in await self._kept.cases.asked(tenant, about) if alike(about, case.asked)]
