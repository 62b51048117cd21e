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

    async def beside(self, tenant: str, asked: Asked) -> list[PastCase]:
        """The cases in which the same alert asked about another object in the same place."""
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
            against = quarantines(run.recalled, run.now)
            own, others = await self._alike(tenant, run), await self._beside(tenant, run)
            return precedents(untainted(own, against), run.now, untainted(others, against))
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
            return recurrence(case, await self._alike(tenant, run), await self._beside(tenant, run))
        except StoreUnavailable as error:
            _log.warning("a case is not kept", investigation=run.name, error=str(error))
            return None

    async def _alike(self, tenant: str, run: Run) -> list[PastCase]:
        if self._kept is None:
            return []
        about = asked(run.spec, run.namespace)
        return [case for case in await self._kept.cases.asked(tenant, about) if alike(about, case.asked)]

    async def _beside(self, tenant: str, run: Run) -> list[PastCase]:
        about = asked(run.spec, run.namespace)
        return await self._kept.cases.beside(tenant, about) if self._kept and about.alertname else []
