"""One fault, many alerts: whether a cause that another fresh investigation found explains this one, and still holds.

Nothing is taken on trust. The engine itself must come to the same causes from what it has seen by now, and to no other:
then it may stop before it has looked at all that it would look at for a cause that nobody knows.
"""

from datetime import datetime

from casebook.analysis.failures import is_answer
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.api.enums import Origin, Outcome, Trigger
from casebook.api.observation import Query, Result
from casebook.api.report import entity
from casebook.api.run import Incident, IncidentCause
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.judging.scoring import SLACK
from casebook.reasoning.planning.deciding import wanted
from casebook.reasoning.planning.logreads import of_workload
from casebook.reasoning.situation import Situation

EXPLAINED = "Explained"
MAX_CHECKS = 10
_VAGUE = frozenset({Sign.VAGUE, Sign.CRASH, Sign.JOB_FAILED})


def check(situation: Situation, board: Board) -> list[Query]:
    """The few reads that tell whether a cause found by others explains this: nothing where none of them could.

    The logs of what is asked about are among them: what is wrong there by itself must not hide behind the incident.
    """
    between = _between(board)
    if not between:
        return []
    workloads = [situation.world.workloads[ref] for ref in between if ref in situation.world.workloads]
    logs = [query for workload in workloads for query in of_workload(situation, workload)]
    tests = [query for item in board.chosen for query in wanted(situation, item)]
    return [*logs, *tests][:MAX_CHECKS]


def explaining(board: Board) -> Incident | None:
    """The incident whose causes are all that is wrong here, by a quick check; the earliest of several."""
    situation = board.situation
    if not _told(situation) or not board.is_clear or not all(map(_holds, board.chosen)):
        return None
    if not _is_seen(situation) or any(_may_be_its_own(board, symptom) for symptom in situation.pressing):
        return None
    if not _between(board) or not all(_is_answered(situation, query) for query in check(situation, board)):
        return None
    return min(_naming(board), key=lambda one: (one.finished_at, one.namespace, one.name), default=None)


def may_explain(board: Board) -> bool:
    """Whether it is still open that an incident explains this: one names what is chosen, or has not been looked at."""
    situation = board.situation
    return bool(_naming(board)) or not all(situation.world.made(query) for query in check(situation, board))


def _naming(board: Board) -> list[Incident]:
    """The incidents that found all that is chosen."""
    situation = board.situation
    return [one for one in _told(situation) if all(_is_of(situation, one, item) for item in board.chosen)]


def _is_answered(situation: Situation, query: Query) -> bool:
    answer = situation.world.snapshot.answer(query)
    return answer is not None and answer.result in (Result.OK, Result.NOT_FOUND)


def _told(situation: Situation) -> list[Incident]:
    """The incidents that may end this investigation; none where a person asked in words, who waits for all of it."""
    run = situation.world.snapshot.run
    asked = run.spec.trigger is Trigger.QUESTION and run.spec.question.strip()
    return [] if asked or situation.world.cluster_target else run.incidents


def _between(board: Board) -> list[Ref]:
    """What is asked about first, what incidents blame, and the ways that harm takes; nothing where it takes none."""
    situation = board.situation
    blamed = {cause.entity for incident in _told(situation) for cause in incident.causes}
    if not blamed or not situation.focus:
        return []
    starts = {ref for ref in situation.path if _named(ref) in blamed}
    starts |= {ref for item in board.chosen if _named(item.ref) in blamed for ref in item.candidate.harms}
    found: set[Ref] = set()
    for ref in starts:
        way = situation.graph.way(ref, situation.focus)
        found |= {ref, *(edge.source for edge in way)} if way or ref in situation.focus else set()
    return sorted(found | situation.focus, key=lambda ref: (ref not in situation.focus, ref)) if found else []


def _named(ref: Ref) -> str:
    return entity(ref.kind, ref.namespace, ref.name)


def _is_seen(situation: Situation) -> bool:
    """Whether what is asked about shows anything: else nobody can tell what the alert speaks of."""
    return any(symptom.entity in situation.focus for symptom in situation.pressing)


def _may_be_its_own(board: Board, symptom: Symptom) -> bool:
    """Whether it could as well come of a fault right there, though it travels along the graph.

    That is so of a crash and of vague errors where nobody is blamed; and of vague errors that are no answers to a
    caller, for they need not come of what the other errors beside them blame.
    """
    if symptom.sign not in _VAGUE or any(symptom.entity in item.candidate.harms for item in board.chosen):
        return False
    blames = any(one.sign is Sign.PEER_ERRORS for one in board.situation.symptoms_of(symptom.entity))
    return not blames or (symptom.sign is Sign.VAGUE and not is_answer(symptom.said))


def _holds(item: Ranked) -> bool:
    """Whether the rules say so, a prediction that tells much holds now, and none has failed."""
    by_rules = item.origin is not Origin.MODEL
    return by_rules and item.is_proven and all(finding.outcome is not Outcome.FAILED for _, finding in item.results)


def _is_of(situation: Situation, incident: Incident, item: Ranked) -> bool:
    """Whether a hypothesis is one of the causes of an incident: not a later one of its kind, nor too late for this."""
    began = item.candidate.changed or item.candidate.since
    if began is not None and began > incident.finished_at:
        return False
    same = [one for one in incident.causes if (one.entity, one.cause) == (_named(item.ref), item.cause)]
    return any(_is_early(situation, one) for one in same)


def _is_early(situation: Situation, cause: IncidentCause) -> bool:
    """Whether it was there when the trouble began, by what is seen and by what the alert says."""
    began = _began(situation)
    return cause.since is None or began is None or cause.since <= began + SLACK


def _began(situation: Situation) -> datetime | None:
    alert = situation.world.snapshot.run.spec.alert
    times = (situation.onset, alert.starts_at if alert else None)
    return min((at for at in times if at), default=None)
