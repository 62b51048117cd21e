"""What changed, told against the onset: the changes on the path, and the one behind each root cause."""

from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.change import Change, is_open
from casebook.analysis.fields import short
from casebook.analysis.things import Ref, clip
from casebook.analysis.timeline import RULES
from casebook.api import report
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.judging.scoring import SLACK
from casebook.reasoning.reporting.evidence import Ledger
from casebook.reasoning.situation import Situation

MOST_CHANGES = 12
MOST_FIELDS = 4
LINE = 1000
SAME = timedelta(seconds=5)
_CREATED = "created"


class Told(NamedTuple):
    """A change to tell, and the root cause that it belongs to."""

    change: Change
    item: Ranked | None


def onset(board: Board) -> datetime | None:
    """When the first symptom was seen, of those that the root causes explain if there are any.

    Errors that went on before and after the change behind a root cause do not tell when its harm began.
    """
    situation, chosen = board.situation, board.chosen
    found = [one for item in chosen for one in item.explained] if chosen else list(situation.pressing)
    times = [one.since for one in found if one.since]
    behind = [change.at for item in chosen if (change := behind_it(situation, item)) is not None]
    return min((at for at in times if not behind or at >= min(behind)), default=None)


def changes(board: Board, ledger: Ledger, ids: dict[str, str]) -> list[report.Change]:
    """The changes that a person would want to know, oldest first: of the root causes, on the path, near the onset."""
    situation, began = board.situation, onset(board)
    behind = [(change, item) for item in board.chosen if (change := behind_it(situation, item)) is not None]
    near = _near(situation)
    told = [Told(change, next((item for one, item in behind if one is change), None)) for change in situation.timeline]
    told = [one for one in told if one.item or one.change.object in near]
    told.sort(key=lambda one: (one.item is None, not _is_early(one.change, began), _apart(one.change, began)))
    chosen = sorted(told[:MOST_CHANGES], key=lambda one: (one.change.at, one.change.object, one.change.told()))
    return [_written(situation, one, began, ledger, ids) for one in chosen]


def behind_it(situation: Situation, item: Ranked) -> Change | None:
    """The change that brought a hypothesis about: of the object that it names or blames, at the time that it names.

    Where it names no time, the last one before what it explains began.
    """
    found = item.candidate
    on_it = [change for change in situation.timeline if change.object == (found.changed_on or found.object)]
    if found.changed is not None:
        at = found.changed
        same = [change for change in on_it if abs(change.at - at) <= SAME]
        return min(same, key=lambda change: (not change.fields, abs(change.at - at)), default=None)
    began = min((one.since for one in item.explained if one.since), default=None)
    early = [change for change in on_it if not _is_birth(change) and (began is None or change.at <= began + SLACK)]
    return early[-1] if early else None


def _is_birth(change: Change) -> bool:
    return change.what.startswith(_CREATED) and change.object.kind not in RULES


def _near(situation: Situation) -> set[Ref]:
    """What lies on the path; where nothing was named, all that is there."""
    return set(situation.path) | set(situation.graph.downstream(situation.focus))


def _is_early(change: Change, began: datetime | None) -> bool:
    return began is None or change.at <= began


def _apart(change: Change, began: datetime | None) -> float:
    return abs((change.at - began).total_seconds()) if began else -change.at.timestamp()


def _written(
    situation: Situation, one: Told, began: datetime | None, ledger: Ledger, ids: dict[str, str]
) -> report.Change:
    change, item = one
    about = item.candidate.statement if item else ""
    return report.Change(
        at=change.at,
        object=clip(situation.label(change.object), 253),
        what=clip("; ".join(change.told(about)), LINE),
        by=clip(change.by, 253),
        before_onset=None if began is None else change.at <= began,
        root_cause=ids.get(item.object + item.cause, "") if item else "",
        fields=_fields(change, about) if item else [],
        evidence=ledger.cite(change.cites(about)),
    )


def _fields(change: Change, about: str) -> list[report.FieldChange]:
    return [
        report.FieldChange(
            field=clip(field.path, LINE),
            new=None if field.new is None else short(field.new),
            old=None if field.old is None else short(field.old),
            old_known=field.is_old_known,
        )
        for field in change.fields
        if is_open(field, about)
    ][:MOST_FIELDS]
