"""What a receiver's webhook is told, when it is to be told, and how it knows that we said it. Pure."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from casebook.api.enums import ConditionStatus
from casebook.api.meta import FINISHED, GROUP_LABEL, NOTIFIED
from casebook.gateway.claims import is_finished
from casebook.gateway.investigations import Record, condition

LEASE = timedelta(minutes=5)
"""How long a replica has for its tries before another may take over, and the wait between two rounds of tries."""
WINDOW = timedelta(hours=24)
"""For so long after its end an investigation is still told of."""


def due(record: Record, now: datetime) -> bool:
    """Whether it is to be told now: it has its report or has ended without, and nobody told of it or is at it.

    The label of an alert group is the gateway's to give: who merely names a receiver in a spec does not reach it.
    """
    if GROUP_LABEL not in record.parsed.metadata.labels:
        return False
    told = record.condition_of(NOTIFIED)
    if told is None:
        return record.parsed.status.report is not None or is_finished(record)
    return told.status is ConditionStatus.UNKNOWN and now - told.last_transition_time > LEASE


def expired(record: Record, now: datetime) -> bool:
    """Whether it ended too long ago to be news."""
    ended = record.parsed.status.finished_at
    return ended is not None and now - ended > WINDOW


def noted(record: Record, status: str, reason: str, message: str, now: datetime) -> dict[str, Any]:
    """The gateway's part of the status with how the telling stands; `notified` is there to be selected by."""
    return {**condition(record, NOTIFIED, status, reason, message, now, moved=True), "notified": status}


def notice(record: Record) -> dict[str, Any]:
    """What is told: where the investigation is, what it found or why it found nothing, and for which alert.

    The same for one investigation whenever it is told.
    """
    metadata, spec, status = record.parsed.metadata, record.parsed.spec, record.parsed.status
    report = status.report
    end = record.condition_of(FINISHED) if not report and is_finished(record) else None
    return {
        "version": "1",
        "event": "InvestigationFinished",
        "investigation": {"namespace": metadata.namespace, "name": metadata.name, "uid": metadata.uid},
        "link": f"{metadata.namespace}/{metadata.name}",
        "command": f"kubectl get inv -n {metadata.namespace} {metadata.name} -o yaml",
        "succeeded": report is not None,
        "reason": end.reason if end else None,
        "verdict": status.verdict.value if status.verdict else None,
        "cause": status.cause,
        "object": status.object,
        "confidencePercent": status.confidence_percent,
        "explainedBy": report.explained_by if report else None,
        "summary": report.summary if report else end.message if end else "",
        "alert": {"labels": dict(spec.alert.labels), "groupKey": spec.alert.group_key} if spec.alert else None,
    }


def signature(key: bytes, moment: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`; the time lets the other side refuse replays."""
    signed = hmac.new(key, f"{moment}.".encode() + body, sha256).hexdigest()
    return f"t={moment},v1={signed}"
