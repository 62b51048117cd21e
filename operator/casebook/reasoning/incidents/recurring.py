"""A problem that was there before: what told its cause then is read first, and may be all that is read.

The short way ends a run only where the facts alone carry the cause of a precedent: all that told it then holds again,
it explains whatever is seen to deviate, and stands above its rivals by the margin of the full way. Else the full way
follows, which makes every read that it makes without precedents. So it does where an incident that others have just
found may be behind it (`incident`): that is of now, and a precedent of another time.

Where the same alert was then about another object (`elsewhere`), what is chosen must explain something that is seen of
the one that is asked about now.

Where a person said that a precedent was something else, what told it tells the same problem again. It ends a run where
that word leads, and no prediction of it is left to be tested.
"""

from casebook.analysis.things import RESOURCES
from casebook.api.observation import LOGS, Query, listing
from casebook.api.run import Precedent
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.incidents.incident import may_explain
from casebook.reasoning.incidents.telling import stands, telling_of
from casebook.reasoning.planning.logreads import logs, of_workload
from casebook.reasoning.planning.survey import survey
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.situation import Situation

SHARES = ((3, 25), (1, 50))
"""From so many times on that a cause was found, the percent of the reads of the full way that the short one may take:
while a cause was found once or twice, more is read that could speak against it."""
SHOWING = (
    "pods", "events", "services", "endpointslices.discovery.k8s.io", "deployments.apps", "statefulsets.apps",
    "replicasets.apps",
)  # fmt: skip
"""Lists in the order in which they would show a fault of another kind."""
MOST = max(share for _, share in SHARES)
ROUNDS = 4
"""Rounds of looking that the short way takes, before those of the full one."""


def first_lists(situation: Situation) -> list[Query]:
    """The lists that told the causes of the precedents, and of the others as many as there is room for."""
    precedents = situation.world.snapshot.run.precedents
    wanted = [query for one in precedents for query in _lists(situation, one)]
    ordered = _by_what_shows(situation)
    told = sum(clue.query.source == LOGS for one in precedents for clue in one.told.clues)
    room = _room(precedents) - told - any(one.elsewhere for one in precedents)
    rest = [query for query in ordered if query not in wanted]
    return [*wanted, *rest[: max(0, room - len(wanted))]] if precedents else []


def first_logs(situation: Situation) -> list[Query]:
    """The logs that told them, of pods that are there now, then those that the full way would read first."""
    precedents = situation.world.snapshot.run.precedents
    if not precedents:
        return []
    made = len(situation.world.snapshot.observations)
    told = [query for one in precedents for query in _logs(situation, one)]
    if any(one.elsewhere for one in precedents):
        told += [query for query in _of_what_was_asked(situation) if query not in told]
    rest = [query for query in logs(situation) if query not in told]
    return [*told, *rest[: max(0, _room(precedents) - made - len(told))]]


def more_lists(situation: Situation) -> list[Query]:
    """Where a smaller share did not tell it, the lists for which the largest has room: the full way reads them too."""
    made = len(situation.world.snapshot.observations)
    room = max((one.reads * MOST // 100 for one in situation.world.snapshot.run.precedents), default=0)
    left = [query for query in _by_what_shows(situation) if not situation.world.made(query)]
    return left[: max(0, room - made)]


def settled(situation: Situation, board: Board) -> Precedent | None:
    """The precedent whose cause is told already; None where there is none, and once the full way is taken.

    None as well while it is open whether an incident explains this.
    """
    precedents = situation.world.snapshot.run.precedents
    if not precedents or all(situation.world.made(query) for query in survey(situation.world)):
        return None
    found = next((one for one in precedents if _told_again(board, one)), None)
    return None if found is None or may_explain(board) else found


def said(precedent: Precedent) -> str:
    """Why the looking ends, for people."""
    if precedent.truth:
        return (
            f"{precedent.cause} on {precedent.object} was found before ({precedent.name}), and people say that it was"
            f" {precedent.truth}: all that told it then holds again, so it is the same problem; the rest was not read"
        )
    again = "once" if precedent.times == 1 else f"{precedent.times} times"
    return (
        f"{precedent.cause} on {precedent.object}, found {again} before ({precedent.name}), was tested first: all that"
        " told it then holds again, and nothing that was read speaks against it; the rest was not read"
    )


def _told_again(board: Board, precedent: Precedent) -> bool:
    led = [item for item in board.ranked if item.leads]
    if precedent.truth and not (led and all(_is_the_word(item, precedent.truth) for item in led)):
        return False
    facts = board.by_facts if precedent.truth else board
    if not facts.is_clear or not all(stands(item) for item in facts.chosen):
        return False
    if precedent.elsewhere and not _reaches_what_was_asked(facts):
        return False
    held = {said for item in facts.chosen for said in telling_of(item)}
    named = (precedent.object, precedent.cause) in [(item.object, item.cause) for item in facts.chosen]
    return named and held >= set(precedent.told.held)


def _reaches_what_was_asked(board: Board) -> bool:
    """Whether what is chosen explains something that was seen of what was asked about."""
    focus = board.situation.focus
    return any(symptom.entity in focus for item in board.chosen for symptom in item.explained)


def _is_the_word(item: Ranked, truth: str) -> bool:
    """Whether a word that leads is the one on the precedent; what facts can test of it must have held."""
    said = truth in (item.cause, f"{item.cause} on {item.object}")
    return said and (item.is_proven or item.cause not in REGISTRY)


def _lists(situation: Situation, precedent: Precedent) -> list[Query]:
    """The lists that told it, and those without which the pods of its logs would not be found."""
    clues = precedent.told.clues
    owners = sorted({clue.workload.partition("/")[0] for clue in clues if clue.workload} & RESOURCES.keys())
    owned = [listing(RESOURCES[kind], situation.world.home) for kind in owners]
    found = [clue.query for clue in clues if clue.query.source != LOGS]
    return [*found, *(query for query in owned if query not in found)]


def _logs(situation: Situation, precedent: Precedent) -> list[Query]:
    """For each log that told it the same of the least well pod of its workload."""
    found = []
    for clue in precedent.told.clues:
        workload = situation.world.workloads.get(situation.taught.ref(clue.workload)) if clue.workload else None
        alike = (query for query in of_workload(situation, workload) if _alike(query, clue.query)) if workload else ()
        found += list(alike)[:1]
    return found


def _of_what_was_asked(situation: Situation) -> list[Query]:
    """The log of the least well pod of each workload that was asked about."""
    found = {item.ref: item for ref in sorted(situation.focus) if (item := situation.world.workload_of(ref))}
    return [query for item in found.values() for query in list(of_workload(situation, item))[:1]]


def _alike(query: Query, other: Query) -> bool:
    return query.params == other.params


def _room(precedents: list[Precedent]) -> int:
    """Reads that the short way may take."""
    return max((one.reads * _share(one) // 100 for one in precedents), default=0)


def _share(precedent: Precedent) -> int:
    return next(share for times, share in SHARES if precedent.times >= times)


def _by_what_shows(situation: Situation) -> list[Query]:
    return sorted(survey(situation.world), key=lambda query: _rank(query.resource))


def _rank(resource: str) -> int:
    return SHOWING.index(resource) if resource in SHOWING else len(SHOWING)
