"""Gives a run what other investigations of its tenant have just found, for one fault fires many alerts."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from pydantic import ValidationError

from casebook.api.base import INVESTIGATIONS
from casebook.api.enums import Judgement, Phase, Rating, Verdict
from casebook.api.investigation import Feedback
from casebook.api.run import MAX_INCIDENTS, Incident, IncidentCause, Run
from casebook.cluster.errors import ClusterError, NotFound
from casebook.gateway.directory import Directory
from casebook.gateway.investigations import Investigations, Record
from casebook.gateway.ports import ObjectReader
from casebook.gateway.recent import Recent

FRESH = timedelta(minutes=60)
"""For so long after its end an investigation may explain others."""
CREATED = timedelta(hours=3)
"""One that was made longer ago is not looked at: it has run, or waited, for too long to tell of what goes on now."""
MAX_LISTED = 5000
_MAX_HELD = 512
_HEADS = f"status.verdict={Verdict.ROOT_CAUSE},status.phase={Phase.SUCCEEDED},status.explainedBy="
_log = structlog.get_logger(__name__)


class Head(NamedTuple):
    """An investigation that found root causes by itself, by its metadata alone."""

    created: datetime
    namespace: str
    name: str
    version: str


class Incidents:
    """Reads by namespace, only where the tenant is and the run may look."""

    def __init__(self, reader: ObjectReader, investigations: Investigations, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._investigations = investigations
        self._clock = clock
        self._heads = Recent(self._list, clock)
        self._records: OrderedDict[Head, Record] = OrderedDict()

    async def given(self, run: Run, tenant: str, directory: Directory) -> Run:
        """The run with the newest incidents; without any where they cannot be read, for a run can do without."""
        own = set(directory.namespaces_of(tenant))
        try:
            listed = await asyncio.gather(*(self._heads.of(place) for place in run.scene.namespaces if place in own))
            newest = self._newest(head for heads in listed for head in heads)
            records = await asyncio.gather(*(self._record(head) for head in newest))
        except ClusterError as error:
            _log.warning("incidents cannot be read", investigation=run.name, error=error.message)
            return run
        now = self._clock()
        found = [incident for record in records if record and (incident := incident_of(record, now))]
        return run.replace(incidents=sorted(found, key=_order)[:MAX_INCIDENTS])

    def _newest(self, heads: Iterable[Head]) -> list[Head]:
        begin = self._clock() - CREATED
        fresh = [head for head in heads if head.created >= begin]
        return sorted(fresh, key=lambda head: (-head.created.timestamp(), head.namespace, head.name))[:MAX_INCIDENTS]

    async def _list(self, place: str) -> tuple[Head, ...]:
        page = await self._reader.list(INVESTIGATIONS, place, fields=_HEADS, limit=MAX_LISTED, metadata_only=True)
        return tuple(
            Head(datetime.fromisoformat(one["creationTimestamp"]), place, one["name"], one["resourceVersion"])
            for one in (item["metadata"] for item in page.items)
        )

    async def _record(self, head: Head) -> Record | None:
        """The whole of one, read again only when it has changed; None where it is gone or makes no sense to us."""
        if head not in self._records:
            try:
                self._records[head] = await self._investigations.get(head.namespace, head.name)
            except (NotFound, ValidationError):
                return None
            while len(self._records) > _MAX_HELD:
                self._records.popitem(last=False)
        return self._records[head]


def incident_of(record: Record, now: datetime) -> Incident | None:
    """What an investigation found, if that may explain others now: found by itself, fresh, contradicted by nobody."""
    status, metadata = record.parsed.status, record.parsed.metadata
    report, ended = status.report, status.finished_at
    if report is None or ended is None or not timedelta() <= now - ended <= FRESH:
        return None
    if report.explained_by or any(map(_contradicts, record.parsed.spec.feedback)):
        return None
    named = [(one.entity, one) for one in report.root_causes]
    causes = [IncidentCause(entity=entity, cause=one.cause, since=one.since) for entity, one in named if entity]
    if not causes or len(causes) < len(named):
        return None
    return Incident(namespace=metadata.namespace, name=metadata.name, finished_at=ended, causes=causes)


def _contradicts(entry: Feedback) -> bool:
    """Whether a person says that the report is not right."""
    if entry.verdict is Judgement.CORRECT:
        return False
    return entry.verdict is not None or entry.rating is Rating.DOWN or entry.root_cause is not None


def _order(incident: Incident) -> tuple[float, str, str]:
    return -incident.finished_at.timestamp(), incident.namespace, incident.name
