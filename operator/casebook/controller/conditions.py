"""Conditions of a resource as immutable values; a time changes only when a status does."""

from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Any

from casebook.api.base import timestamp
from casebook.api.enums import ConditionStatus
from casebook.api.meta import FINISHED, QUEUED, RUNNING, SUCCEEDED, TRACE_STORED

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN
OWN = (QUEUED, RUNNING, SUCCEEDED, FINISHED)
TOLD = (*OWN, TRACE_STORED)
MESSAGE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """One condition. Thousands are kept in memory, so they are small and share their texts."""

    type: str
    status: ConditionStatus
    reason: str
    message: str
    since: datetime
    generation: int = 0

    def wire(self) -> dict[str, Any]:
        """As it stands in a status."""
        return {
            "type": self.type,
            "status": self.status.value,
            "reason": self.reason,
            "message": self.message,
            "lastTransitionTime": timestamp(self.since),
            "observedGeneration": self.generation,
        }

    def says(self, other: "Mark") -> bool:
        """Whether both tell a reader the same, whenever it was written."""
        return (self.status, self.reason, self.message) == (other.status, other.reason, other.message)


Marks = tuple[Mark, ...]


def read(raw: list[dict[str, Any]]) -> Marks:
    """The conditions that a status holds."""
    return tuple(
        Mark(
            type=intern(str(item["type"])),
            status=ConditionStatus(item["status"]),
            reason=intern(str(item.get("reason", ""))),
            message=intern(str(item.get("message", ""))),
            since=datetime.fromisoformat(item["lastTransitionTime"]),
            generation=int(item.get("observedGeneration", 0)),
        )
        for item in raw
    )


def find(marks: Marks, type_: str) -> Mark | None:
    """The condition of this type."""
    return next((mark for mark in marks if mark.type == type_), None)


def holds(marks: Marks, type_: str) -> bool:
    """Whether the condition of this type is True."""
    mark = find(marks, type_)
    return mark is not None and mark.status is TRUE


def put(marks: Marks, new: Mark) -> Marks:
    """These conditions with this one in its type's place."""
    return (*(mark for mark in marks if mark.type != new.type), after(marks, new))


def after(marks: Marks, new: Mark) -> Mark:
    """This condition as it follows on these, clipped; the time of the last transition stays if the status does."""
    old = find(marks, new.type)
    since = old.since if old is not None and old.status is new.status else new.since
    return Mark(new.type, new.status, new.reason, intern(new.message[:MESSAGE_LIMIT]), since, new.generation)


__all__ = [
    "FALSE",
    "FINISHED",
    "OWN",
    "QUEUED",
    "RUNNING",
    "SUCCEEDED",
    "TOLD",
    "TRACE_STORED",
    "TRUE",
    "UNKNOWN",
    "Mark",
    "Marks",
    "after",
    "find",
    "holds",
    "put",
    "read",
]
