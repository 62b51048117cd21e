"""Rebuilds what cases and memories are found by, and the cases themselves where they are missing.

From the objects of the cluster, and for investigations that were deleted from their traces. What only the database knew
is not made up: of a case that was lost, what told its cause is gone, so that it counts but is no precedent.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import ValidationError

from casebook.api.base import EPOCH, INVESTIGATIONS, MEMORIES
from casebook.api.case import PastCase, Said
from casebook.api.investigation import Investigation
from casebook.api.report import Report
from casebook.api.run import Recalled, Run, Scene
from casebook.api.texts import Text, TextKind
from casebook.cluster.reader import Reader
from casebook.controller.index import Index, texts_of
from casebook.controller.likening import text_of
from casebook.controller.parsing import namespace_of
from casebook.controller.tenancy import Domain, Tenants
from casebook.knowledge.finding import case_text
from casebook.knowledge.judging import said
from casebook.knowledge.recall import read_all
from casebook.knowledge.recurrence import told_case

PAGE = 200


class CaseStore(Protocol):
    """Keeps concluded cases and what was said of them. Raises `StoreUnavailable`."""

    async def restore(self, tenant: str, case: PastCase) -> None:
        """Keep a case if there is none of this investigation."""
        ...

    async def say(self, tenant: str, uid: str, entries: Mapping[str, Said]) -> None:
        """Keep what people said of an investigation."""
        ...


class ReportStore(Protocol):
    """Where reports are read. Raises `StoreUnavailable`."""

    async def reported(self, tenant: str, after: str, limit: int) -> list[tuple[Run, Report]]:
        """Runs with their reports, by uid, from the one after `after`."""
        ...


@dataclass
class Done:
    """What was looked at and what changed."""

    tenants: int = 0
    memories: int = 0
    cases: int = 0
    changed: int = 0
    embedded: int = 0


@dataclass
class _Seen:
    """What the cluster holds of one tenant."""

    memories: list[Recalled] = field(default_factory=list)
    cases: dict[str, Text] = field(default_factory=dict)


class Reindexing:
    """One rebuild; it may be repeated, and done while everything else runs. `tell` is told of each step."""

    def __init__(
        self,
        reader: Reader,
        domain: Domain,
        index: Index,
        cases: CaseStore,
        reports: ReportStore,
        tell: Callable[[str, Done], None],
    ) -> None:
        self._reader = reader
        self._domain = domain
        self._index = index
        self._cases = cases
        self._reports = reports
        self._tell = tell
        self._done = Done()

    async def run(self) -> Done:
        """All tenants. Raises `ClusterError`, `StoreUnavailable` and `EmbeddingFailed`."""
        namespaces = (await self._reader.list("namespaces", limit=100_000)).items
        tenants = Tenants.derive(map(namespace_of, namespaces), self._domain)
        seen: dict[str, _Seen] = defaultdict(_Seen)
        await self._memories(tenants, seen)
        await self._investigations(tenants, seen)
        for tenant in sorted(tenants.spaces):
            await self._tenant(tenant, seen[tenant])
        return self._done

    async def _memories(self, tenants: Tenants, seen: Mapping[str, _Seen]) -> None:
        async for page in self._reader.pages(MEMORIES):
            for memory in read_all(page.items)[0]:
                if memory.namespace in tenants.of:
                    seen[tenants.of[memory.namespace]].memories.append(memory)
            self._done.memories += len(page.items)
            self._tell("reading memories", self._done)

    async def _investigations(self, tenants: Tenants, seen: Mapping[str, _Seen]) -> None:
        async for page in self._reader.pages(INVESTIGATIONS, page=PAGE):
            for raw in page.items:
                try:
                    found = Investigation.model_validate(raw)
                except ValidationError:
                    continue
                tenant = tenants.of.get(found.metadata.namespace)
                if tenant is not None:
                    await self._case(tenant, found, seen[tenant])
            self._tell("reading investigations", self._done)

    async def _case(self, tenant: str, found: Investigation, seen: _Seen) -> None:
        report, uid = found.status.report, found.metadata.uid
        if report is None:
            return
        await self._cases.restore(tenant, told_case(_run(tenant, found), report))
        words = {entry.id: said(entry, report) for entry in found.spec.feedback}
        await self._cases.say(tenant, uid, {id_: one for id_, one in words.items() if one is not None})
        text = text_of(found)
        if text is not None:
            seen.cases[uid] = text
        self._done.cases += 1

    async def _tenant(self, tenant: str, seen: _Seen) -> None:
        self._done.tenants += 1
        self._tell("keeping texts", self._done)
        self._done.changed += await self._index.replace(tenant, TextKind.MEMORY, texts_of(seen.memories))
        async for run, report in self._traced(tenant):
            if run.uid not in seen.cases and report.explained_by is None:
                await self._cases.restore(tenant, told_case(run, report))
                seen.cases[run.uid] = Text(run.uid, case_text(run.spec, run.namespace, report))
        # A case is remembered when its trace and its Investigation are long deleted: none is gone for not being here.
        self._done.changed += await self._index.replace(tenant, TextKind.CASE, list(seen.cases.values()), gone=set())
        while made := await self._index.embed(tenant):
            self._done.embedded += made
            self._tell("making embeddings", self._done)

    async def _traced(self, tenant: str) -> AsyncIterator[tuple[Run, Report]]:
        page: Sequence[tuple[Run, Report]] = await self._reports.reported(tenant, "", PAGE)
        while page:
            for one in page:
                yield one
            page = await self._reports.reported(tenant, page[-1][0].uid, PAGE)


def _run(tenant: str, found: Investigation) -> Run:
    """The run as far as the Investigation tells: what was asked, and when."""
    metadata = found.metadata
    return Run(
        uid=metadata.uid,
        name=metadata.name,
        namespace=metadata.namespace,
        now=found.status.started_at or metadata.creation_timestamp or EPOCH,
        spec=found.spec,
        scene=Scene(tenant=tenant),
    )
