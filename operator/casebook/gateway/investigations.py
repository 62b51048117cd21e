"""Investigations on the API server, as the gateway reads and writes them: compare-and-set, of its own fields only."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError

from casebook.api.base import EPOCH, INVESTIGATIONS, timestamp
from casebook.api.enums import ConditionStatus, Phase
from casebook.api.investigation import AlertStatus, Investigation, SeenAlert
from casebook.api.meta import CLAIMED, GROUP_LABEL, NOTIFIED, TRACE_STORED, Condition
from casebook.api.problems import explain
from casebook.cluster.errors import Conflict, NotFound, Unavailable
from casebook.gateway.episodes import Episode
from casebook.gateway.ports import ObjectReader, ObjectWriter

FIELDS = (
    "attemptPodUID",
    "alert",
    "notified",
    "report",
    "verdict",
    "cause",
    "object",
    "confidencePercent",
    "recurrence",
)
CONDITIONS = (TRACE_STORED, CLAIMED, NOTIFIED)
_TURNS = 12
_UNTOLD = ",".join(
    (
        *(f"status.phase!={phase}" for phase in ("", Phase.PENDING, Phase.QUEUED, Phase.RUNNING)),
        *(f"status.notified!={status}" for status in (ConditionStatus.TRUE, ConditionStatus.FALSE)),
    )
)
_PAGE = 20
"""Investigations read at a time where all of them may carry a report."""
_PAUSE = 0.02
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Record:
    """One Investigation as read: the raw object and what it says."""

    raw: dict[str, Any]
    parsed: Investigation

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Record":
        """From the API server's JSON."""
        return cls(raw, Investigation.model_validate(raw))

    @property
    def name(self) -> str:
        """Its name."""
        return self.parsed.metadata.name

    def condition_of(self, kind: str) -> Condition | None:
        """What its status says of this condition."""
        return next((item for item in self.parsed.status.conditions if item.type == kind), None)

    @property
    def owned(self) -> dict[str, Any]:
        """The part of the status that the gateway owns; every apply must carry all of it."""
        status = self.raw.get("status") or {}
        kept = {name: status[name] for name in FIELDS if name in status}
        conditions = [item for item in status.get("conditions") or [] if item["type"] in CONDITIONS]
        return {**kept, **({"conditions": conditions} if conditions else {})}

    @property
    def episode(self) -> Episode:
        """The alert episode that it is."""
        return Episode(_number(self.name), self._alert())

    def _alert(self) -> AlertStatus:
        """The alert status; before its first write, what the notification that made it says of itself."""
        noted, sent = self.parsed.status.alert, self.parsed.spec.alert
        if noted is not None or sent is None:
            return noted or AlertStatus(last_seen_at=self.parsed.metadata.creation_timestamp)
        lead = SeenAlert(fingerprint=sent.fingerprint, starts_at=sent.starts_at or EPOCH)
        return AlertStatus(last_seen_at=self.parsed.metadata.creation_timestamp, count=1, seen=[lead])


Change = Callable[[Record], dict[str, Any] | None]
"""From what is there to the gateway's whole part of the status; None where there is nothing to write."""


class Investigations:
    """The gateway's view of Investigations. Every method raises `ClusterError`."""

    def __init__(self, reader: ObjectReader, writer: ObjectWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def get(self, namespace: str, name: str) -> Record:
        """One by name."""
        return Record.of(await self._reader.get(INVESTIGATIONS, name, namespace))

    async def episodes(self, namespace: str, group: str) -> list[Record]:
        """All episodes of an alert group that still exist."""
        page = await self._reader.list(INVESTIGATIONS, namespace, labels=f"{GROUP_LABEL}={group}")
        return [Record.of(item) for item in page.items]

    async def untold(self, namespace: str, receiver: str) -> AsyncIterator[list[Record]]:
        """Page by page those of a receiver that have ended and are not settled as told; all others stay unread."""
        fields = f"spec.alert.receiver={receiver},{_UNTOLD}"
        async for page in self._reader.pages(INVESTIGATIONS, namespace, fields=fields, page=_PAGE):
            yield _readable(page.items)

    async def create(self, manifest: dict[str, Any]) -> tuple[Record, bool]:
        """Create it; False with the one that is there already."""
        raw, created = await self._writer.create(INVESTIGATIONS, manifest)
        return Record.of(raw), created

    async def update(self, record: Record, change: Change) -> Record:
        """Apply a change of the status to what is there now, again whenever somebody else was faster."""
        for turn in range(_TURNS):
            status = change(record)
            if status is None or status == record.owned:
                return record
            try:
                return Record.of(await self._writer.apply_status(INVESTIGATIONS, _applied(record, status)))
            except Conflict:
                await asyncio.sleep(random.uniform(0, _PAUSE * 2 ** min(turn, 5)))  # noqa: S311 - spreads writers
            record = await self._again(record)
        raise Unavailable(f"{record.name} kept changing while it was written", 1.0)

    async def _again(self, record: Record) -> Record:
        before = record.parsed.metadata
        fresh = await self.get(before.namespace, before.name)
        if fresh.parsed.metadata.uid != before.uid:
            raise NotFound(f"{before.name} was deleted and made anew")
        return fresh


def alert_change(alert: AlertStatus, record: Record) -> dict[str, Any]:
    """The gateway's part of the status with this alert status."""
    return {**record.owned, "alert": alert.wire()}


def condition(
    record: Record, kind: str, status: str, reason: str, message: str, now: datetime, *, moved: bool = False
) -> dict[str, Any]:
    """The gateway's part of the status with this condition; its time moves only when its status does, or if `moved`."""
    owned = record.owned
    conditions = {item["type"]: item for item in owned.get("conditions", [])}
    before = conditions.get(kind)
    kept = before is not None and before["status"] == status and not moved
    conditions[kind] = {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message[:4096],
        "lastTransitionTime": before["lastTransitionTime"] if before and kept else timestamp(now),
    }
    return {**owned, "conditions": [conditions[name] for name in sorted(conditions)]}


def _applied(record: Record, status: dict[str, Any]) -> dict[str, Any]:
    metadata = record.parsed.metadata
    place = {"name": metadata.name, "namespace": metadata.namespace, "resourceVersion": metadata.resource_version}
    return {"metadata": place, "status": status}


def _readable(items: Iterable[dict[str, Any]]) -> list[Record]:
    """Without those that make no sense to us: the gateway has made none of them."""
    records = []
    for item in items:
        try:
            records.append(Record.of(item))
        except ValidationError as error:
            _log.debug("left out", investigation=item["metadata"]["name"], error=explain(error))
    return records


def _number(name: str) -> int:
    _, _, number = name.rpartition("-")
    return int(number) if number.isdecimal() and len(number) < 10 else 0
