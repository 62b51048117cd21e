"""Ambient ratings: what later investigations see of what a report blamed, as weak evidence that it was right.

An investigation that finds a change behind a problem names the fields that it wrote. Another one that looks at the same
object afterwards sees in its revisions and managed fields whether somebody wrote these fields again. That is nobody's
word: it earns a little trust, less than one person's, and only where no person spoke.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from casebook.analysis.change import Change
from casebook.analysis.fields import Field, short
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import clip
from casebook.analysis.timeline import written_since
from casebook.analysis.world import World
from casebook.api.base import timestamp
from casebook.api.case import Blamed, Hint, PastCase
from casebook.api.enums import HintKind
from casebook.api.names import placed
from casebook.api.report import Report, entity
from casebook.api.run import Run, Trace

WITHIN = timedelta(days=2)
"""How long after a report a change of what it blamed is taken for an answer to it."""
MAX_BLAMED = 4
NOTE = 500
_SAID = {HintKind.ROLLED_BACK: "put back", HintKind.CARRIED_OUT: "changed"}


def blamed(run: Run, report: Report) -> list[Blamed]:
    """The fields that the change behind the first root cause wrote, where the report tells them."""
    if not report.root_causes or report.explained_by:
        return []
    first = report.root_causes[0].hypothesis
    behind = [change for change in report.changes if change.root_cause == first]
    found = [
        Blamed(
            entity=_entity(change.object, run.namespace),
            field=field.field,
            new=field.new,
            old=field.old,
            old_known=field.old_known,
        )
        for change in behind
        for field in change.fields
    ]
    return found[:MAX_BLAMED]


def waiting(cases: Iterable[PastCase], now: datetime) -> list[PastCase]:
    """Cases of which something may still be seen: somebody may yet act on them."""
    return [case for case in cases if case.blamed and case.hint is None and now - case.at <= WITHIN]


def hinted(cases: Sequence[PastCase], trace: Trace) -> list[PastCase]:
    """Of cases that wait, those of which this later investigation saw something, with that."""
    world = World(Snapshot(trace.run, tuple(trace.observations)))
    earlier = [case for case in cases if case.uid != trace.run.uid and case.at < world.now]
    since = min((case.at for case in earlier), default=world.now)
    writes = written_since(world, since)
    seen_in = trace.run.namespace, trace.run.name
    found = ((case, _hint(case, writes, placed(*seen_in, case.namespace))) for case in earlier)
    return [case.replace(hint=hint) for case, hint in found if hint is not None]


def _hint(case: PastCase, writes: Iterable[Change], seen_in: str) -> Hint | None:
    """The first write after the report of a field that it blamed, to another value."""
    for change in writes:
        ref = change.object
        for field in change.fields if case.at < change.at <= case.at + WITHIN else ():
            for one in case.blamed:
                same = one.entity == entity(ref.kind, ref.namespace, ref.name) and one.field == clip(field.path, 1024)
                if same and _value(field) != one.new:
                    kind = HintKind.ROLLED_BACK if _is_back(one, field) else HintKind.CARRIED_OUT
                    return Hint(kind=kind, at=change.at, seen_in=seen_in, note=_note(kind, one, change))
    return None


def _note(kind: HintKind, one: Blamed, change: Change) -> str:
    by = f" by {change.by}" if change.by else ""
    said = f"{one.field} of {change.object.kind}/{change.object.name} was {_SAID[kind]} at {timestamp(change.at)}{by}"
    return clip(f"{said}: weak evidence that it was right", NOTE)


def _is_back(one: Blamed, field: Field) -> bool:
    return one.old_known and one.old == _value(field)


def _value(field: Field) -> str | None:
    return None if field.new is None else short(field.new)


def _entity(label: str, home: str) -> str:
    """`Kind/namespace/name` of what a report calls `Kind/name`, or in full elsewhere."""
    kind, _, name = label.partition("/")
    namespace, slash, own = name.rpartition("/")
    return entity(kind, namespace if slash else home, own)
