"""What told a cause: the few reads of a run that are enough to conclude the same, kept for the next occurrence."""

from collections.abc import Callable, Iterable, Sequence

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.enums import Outcome
from casebook.api.observation import KUBERNETES, LOGS, Observation, listing
from casebook.api.run import MAX_CLUES, MAX_HELD, Clue, Telling
from casebook.reasoning.board import TELLING, Board, Ranked
from casebook.reasoning.judging.verdict import ESSENTIAL

STANDS = 75
"""Percent that a cause must reach by the facts alone to be told by few reads."""

Weigh = Callable[[Snapshot], Board]


def telling_of(item: Ranked) -> frozenset[str]:
    """The predictions that tell much and held."""
    return frozenset(one.says for one, found in item.results if found.outcome is Outcome.HELD and one.held >= TELLING)


def stands(item: Ranked) -> bool:
    """Whether the facts alone carry it: nobody's word is needed, and predictions that tell much held."""
    percent = item.word.before if item.word else item.percent
    return percent >= STANDS and item.is_proven


def telling(snapshot: Snapshot, board: Board, weigh: Weigh) -> Telling:
    """What told the causes of a board: of the reads that it cites, those without which it would come to something else.

    Nothing where the causes are not clear by facts alone, or where it took more than one look to see them.
    """
    if not _concludes(board) or len(snapshot.asked) < len(snapshot.observations):
        return Telling()
    left = _enough(snapshot, board, weigh)
    clues = [_clue(World(snapshot), item) for item in left]
    held = sorted({said for item in board.chosen for said in telling_of(item)})
    if not clues or len(clues) > MAX_CLUES or len(held) > MAX_HELD:
        return Telling()
    known = [clue for clue in clues if clue is not None]
    return Telling(held=held, clues=known) if len(known) == len(clues) else Telling()


def _enough(snapshot: Snapshot, board: Board, weigh: Weigh) -> Sequence[Observation]:
    """Reads that are enough, one after another left out, the largest first.

    It begins with what is cited and what nothing can be seen without, or where that is not enough with all.
    """

    def same(reads: Iterable[Observation]) -> bool:
        tried = weigh(Snapshot(snapshot.run, tuple(reads)))
        return _concludes(tried) and _conclusion(tried) == _conclusion(board)

    cited = {cite.observation for item in board.chosen for cite in item.cites(Outcome.HELD)}
    usual = {listing(resource, board.situation.world.home).canonical() for resource in ESSENTIAL}
    left = [one for one in snapshot.observations if one.id in cited or one.query.canonical() in usual]
    left = left if same(left) else list(snapshot.observations)
    for one in sorted(left, key=lambda item: (-item.bytes, item.id)):
        fewer = [item for item in left if item is not one]
        if same(fewer):
            left = fewer
    return left


def _concludes(board: Board) -> bool:
    return board.is_clear and all(stands(item) for item in board.chosen)


def _conclusion(board: Board) -> frozenset[tuple[str, str, frozenset[str]]]:
    return frozenset((item.object, item.cause, telling_of(item)) for item in board.chosen)


def _clue(world: World, told: Observation) -> Clue | None:
    """None for a read that means nothing another time: a curve is of its own span of time."""
    query = told.query
    if query.source == KUBERNETES:
        return Clue(query=query)
    if query.source != LOGS or query.is_earlier_log:
        return None
    return Clue(query=query, workload=world.top(Ref("Pod", query.namespace, query.name)).label(world.home))
