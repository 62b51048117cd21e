"""What a run saw that may be worth remembering: needs that only logs tell, and errors that its causes do not explain.

It is kept with the case and moves nothing. Only what people accepted reports about, again and again, is proposed of it.
"""

from collections.abc import Iterator

from casebook.analysis.signs import Sign
from casebook.analysis.snapshot import Snapshot
from casebook.api.observation import LOGS
from casebook.api.run import MAX_NOTICED, Noticed, NoticedError, NoticedNeed
from casebook.reasoning.board import Board
from casebook.reasoning.situation import Situation

_SPOKEN = frozenset({Sign.ERRORS, Sign.VAGUE, Sign.PEER_ERRORS})
_CALLS = "calls"


def noticed(board: Board) -> Noticed:
    """What is noticed of a board that names causes; nothing of another one."""
    if not board.chosen:
        return Noticed()
    needs = dict.fromkeys(_needs(board))
    errors = dict.fromkeys(_errors(board))
    return Noticed(
        needs=[NoticedNeed(source=source, target=target) for source, target in needs][:MAX_NOTICED],
        errors=[NoticedError(workload=name, template=template) for name, template in errors][:MAX_NOTICED],
    )


def _needs(board: Board) -> Iterator[tuple[str, str]]:
    """The calls on the way from a cause to what was asked about that no setting tells."""
    situation = board.situation
    way = [edge for item in board.chosen for edge in situation.graph.way(item.ref, situation.focus)]
    calls = [edge for edge in way if edge.kind == _CALLS]
    known = {(edge.source, edge.target) for edge in _unspoken(situation).graph.edges} if calls else set()
    new = [one for one in calls if (one.source, one.target) not in known]
    yield from ((situation.label(one.source), situation.label(one.target)) for one in new)


def _unspoken(situation: Situation) -> Situation:
    """The situation as it would be without any log."""
    snapshot = situation.world.snapshot
    quiet = tuple(one for one in snapshot.observations if one.query.source != LOGS)
    return Situation.of(Snapshot(snapshot.run, quiet))


def _errors(board: Board) -> Iterator[tuple[str, str]]:
    """The errors of a workload on the path that go on and that no cause explains, by their templates."""
    situation = board.situation
    odd = {symptom.entity for symptom in board.unexplained if symptom.sign in _SPOKEN}
    explained = {symptom.entity for item in board.chosen for symptom in item.explained if symptom.sign in _SPOKEN}
    for workload in situation.workloads:
        if workload.ref in odd - explained:
            for _, entry, _ in situation.active_errors(workload):
                yield situation.label(workload.ref), entry.template
