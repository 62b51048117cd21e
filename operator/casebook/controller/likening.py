"""Shows for a finished investigation which earlier ones of other questions are like it by their text."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from casebook.api.base import INVESTIGATIONS
from casebook.api.case import PastCase
from casebook.api.investigation import Investigation, Similar
from casebook.api.texts import Text, TextKind
from casebook.cluster.errors import NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.index import Index
from casebook.controller.storing import storing
from casebook.knowledge.asking import asked
from casebook.knowledge.finding import case_text
from casebook.knowledge.recurrence import similar


class NamedCases(Protocol):
    """Where concluded cases are kept. Raises `StoreUnavailable`."""

    async def named(self, tenant: str, uids: Sequence[str]) -> list[PastCase]:
        """The cases with these uids, the newest first, with the latest word on each."""
        ...


class Likening:
    """Works under a field manager of its own, which owns `status.similar`. Raises `ClusterError`."""

    def __init__(self, reader: Reader, writer: Writer, index: Index, cases: NamedCases) -> None:
        self._reader = reader
        self._writer = writer
        self._index = index
        self._cases = cases

    async def compare(self, tenant: str, namespace: str, name: str) -> dict[str, Any] | None:
        """Keep the text of a case, and write which others are like it, once; the object as it is then, if it was."""
        try:
            found = Investigation.model_validate(await self._reader.get(INVESTIGATIONS, name, namespace))
        except (NotFound, ValidationError):
            return None
        text = text_of(found)
        if text is None or found.status.similar is not None:
            return None
        with storing():
            return await self._write(found, await self._similar(tenant, found, text))

    async def _similar(self, tenant: str, of: Investigation, text: Text) -> Similar:
        found = await self._index.like(tenant, TextKind.CASE, text)
        cases = await self._cases.named(tenant, list(found.scores))
        question = asked(of.spec, of.metadata.namespace)
        return Similar(by=found.by, cases=similar(text.id, question, found.scores, cases))

    async def _write(self, of: Investigation, found: Similar) -> dict[str, Any] | None:
        place = {"name": of.metadata.name, "namespace": of.metadata.namespace}
        version = {"resourceVersion": of.metadata.resource_version}
        status: dict[str, Any] = {"similar": found.wire()}
        try:
            return await self._writer.apply_status(INVESTIGATIONS, {"metadata": place | version, "status": status})
        except NotFound:
            return None


def text_of(of: Investigation) -> Text | None:
    """What a case is found by; None for one without a report, and for one that another explains."""
    report = of.status.report
    if report is None or report.explained_by or of.status.explained_by:
        return None
    return Text(of.metadata.uid, case_text(of.spec, of.metadata.namespace, report))
