"""The statuses that an Investigation goes through, each as the whole of what the controller owns. Pure."""

from datetime import datetime

from casebook.api.enums import ConditionStatus, Phase
from casebook.controller.conditions import (
    FALSE,
    FINISHED,
    OWN,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    TRACE_STORED,
    TRUE,
    UNKNOWN,
    Mark,
    Marks,
    find,
    put,
)
from casebook.controller.plan import WriteStatus
from casebook.controller.views import Case

Facts = dict[str, tuple[ConditionStatus, str, str]]


def queued(case: Case, now: datetime, message: str) -> WriteStatus:
    """It waits for a slot."""
    facts: Facts = {
        QUEUED: (TRUE, "WaitingForSlot", message),
        RUNNING: (FALSE, "NotStarted", "No attempt has been started yet."),
        SUCCEEDED: (UNKNOWN, "InProgress", "No report yet."),
        FINISHED: (FALSE, "InProgress", ""),
    }
    return WriteStatus(Phase.QUEUED, case.attempt, _marks(case, facts, now))


def attempting(case: Case, attempt: int, now: datetime, reason: str, message: str) -> WriteStatus:
    """An attempt is to be made, for this reason."""
    facts: Facts = {
        QUEUED: (FALSE, "Started", "It has a slot."),
        RUNNING: (TRUE, reason, message),
        SUCCEEDED: (UNKNOWN, "InProgress", "No report yet."),
        FINISHED: (FALSE, "InProgress", ""),
    }
    return WriteStatus(Phase.RUNNING, attempt, _marks(case, facts, now), case.started or now)


def hindered(case: Case, now: datetime, reason: str, message: str) -> WriteStatus:
    """The attempt is not getting on, but may yet."""
    facts: Facts = {RUNNING: (FALSE, reason, message)}
    return WriteStatus(Phase.RUNNING, case.attempt, _marks(case, facts, now), case.started or now)


def reported(case: Case, now: datetime) -> WriteStatus:
    """The report stands; the agent still tries to have its trace stored."""
    facts: Facts = {SUCCEEDED: (TRUE, "ReportStored", case.headline)}
    return WriteStatus(Phase.RUNNING, case.attempt, _marks(case, facts, now), case.started or now)


def succeeded(case: Case, now: datetime) -> WriteStatus:
    """It is over, with a report."""
    facts = _ended("ReportStored", case.headline, TRUE)
    if not case.traced:
        facts[TRACE_STORED] = (
            FALSE,
            "TraceLost",
            "The report stands, but its whole trace was not stored: it cannot be replayed. Check the database.",
        )
    return WriteStatus(Phase.SUCCEEDED, case.attempt, _marks(case, facts, now), case.started, now)


def failed(case: Case, now: datetime, phase: Phase, reason: str, message: str) -> WriteStatus:
    """It is over without a report."""
    facts = _ended(reason, message, FALSE)
    if case.attempt and not case.traced:
        facts[TRACE_STORED] = (FALSE, "TraceLost", "It ended without a report, so there is no trace to replay.")
    return WriteStatus(phase, case.attempt, _marks(case, facts, now), case.started, now)


def differs(case: Case, write: WriteStatus) -> bool:
    """Whether this status would tell anything that the present one does not."""
    if (case.phase, case.attempt) != (write.phase, write.attempt):
        return True
    for mark in write.marks:
        old = find(case.marks, mark.type)
        if old is None or not old.says(mark):
            return True
    return False


def _ended(reason: str, message: str, success: ConditionStatus) -> Facts:
    return {
        QUEUED: (FALSE, "Ended", ""),
        RUNNING: (FALSE, "Ended", ""),
        SUCCEEDED: (success, reason, message),
        FINISHED: (TRUE, reason, message),
    }


def _marks(case: Case, facts: Facts, now: datetime) -> Marks:
    """The controller's own conditions with these facts; what others own is theirs to write."""
    marks = tuple(mark for mark in case.marks if mark.type in OWN)
    theirs = find(case.marks, TRACE_STORED)
    if TRACE_STORED in facts and theirs is not None:
        marks = (*marks, theirs)
    for type_, (status, reason, message) in facts.items():
        marks = put(marks, Mark(type_, status, reason, message, now, case.generation))
    return marks
