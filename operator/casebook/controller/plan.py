"""What a decision may ask for. Steps are applied in their order, and each is safe to repeat."""

from dataclasses import dataclass
from datetime import datetime

from casebook.api.enums import Phase
from casebook.controller.conditions import Marks


@dataclass(frozen=True)
class WriteStatus:
    """Every field of the status that the controller owns, written as a compare-and-set."""

    phase: Phase
    attempt: int
    marks: Marks
    started: datetime | None = None
    finished: datetime | None = None


@dataclass(frozen=True)
class CreateJob:
    """Create the Job of this attempt."""

    attempt: int


@dataclass(frozen=True)
class DeleteJob:
    """Delete this very Job and its pod."""

    name: str
    uid: str


@dataclass(frozen=True)
class Emit:
    """Tell people by a Kubernetes Event."""

    reason: str
    note: str
    warning: bool = False


@dataclass(frozen=True)
class AskSlot:
    """Take part in the next distribution of free slots."""


@dataclass(frozen=True)
class Expire:
    """Delete the Investigation, if it may still be deleted when looked at afresh."""


@dataclass(frozen=True)
class Learn:
    """Act on what people say of the report."""


Step = WriteStatus | CreateJob | DeleteJob | Emit | AskSlot | Expire | Learn


@dataclass(frozen=True)
class Plan:
    """Steps, and after how many seconds it is worth to decide again though nothing happens."""

    steps: tuple[Step, ...] = ()
    again: float | None = None
    outcome: str = ""
    """How an attempt ended, where one did: for the metrics."""
