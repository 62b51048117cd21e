"""The engine: weigh what was observed, decide what to look at, conclude. Pure: its clock is in the observations."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.report import Cost, Report
from casebook.api.run import Stop
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.incidents.incident import EXPLAINED, explaining
from casebook.reasoning.judging.covering import choose
from casebook.reasoning.judging.scoring import assess
from casebook.reasoning.memories.remembered import remember
from casebook.reasoning.planning.plan import Done, Look, plan
from casebook.reasoning.proposals.proposed import joined, unsure
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.reporting.brief import brief
from casebook.reasoning.reporting.writer import write
from casebook.reasoning.situation import Situation
from casebook.reasoning.skills.practising import practise

__all__ = ["ENGINE", "Board", "Done", "Look", "conclude", "cost", "decide", "unsure", "weigh"]

ENGINE = f"builtin/1 causes/{len(REGISTRY)}"
"""Version of the engine and its registry, stored in every trace."""


def weigh(snapshot: Snapshot) -> Board:
    """Every hypothesis that the observations suggest, tested and ranked."""
    situation = Situation.of(snapshot)
    best: dict[tuple[str, str], Ranked] = {}
    for cause in REGISTRY.values():
        for candidate in cause.detect(situation):
            ranked = assess(situation, cause, candidate)
            key = (ranked.object, ranked.cause)
            if key not in best or _better(ranked, best[key]):
                best[key] = ranked
    found, practised = practise(situation, [best[key] for key in sorted(best)])
    if not situation.taught.known.claiming("cause"):
        return joined(Board(situation, choose(situation, found), practised=practised))
    remembered, idle = remember(situation, found)
    return joined(Board(situation, choose(situation, remembered), idle, choose(situation, found), practised))


def _better(one: Ranked, other: Ranked) -> bool:
    return (-one.centinats, one.statement) < (-other.centinats, other.statement)


def decide(snapshot: Snapshot, board: Board) -> Look | Done:
    """What to look at next, or why to stop; a query that was made is asked again only after a pause."""
    situation = board.situation if board.situation.world.snapshot is snapshot else Situation.of(snapshot)
    return plan(situation, board)


def conclude(snapshot: Snapshot, board: Board, stop: Stop, cost: Cost) -> Report:
    """The report: the same bytes for the same observations in whatever order they came."""
    incident = explaining(board) if stop.reason == EXPLAINED else None
    return brief(snapshot, board, incident, stop, cost) if incident else write(snapshot, board, stop, cost)


def cost(snapshot: Snapshot, milliseconds: int = 0) -> Cost:
    """What the observations of a run cost; the same for a run and its replay."""
    read = [observation.bytes for observation in snapshot.observations]
    asked = snapshot.consultation
    looked = Cost(observations=len(read), bytes=sum(read), milliseconds=milliseconds)
    if asked is None:
        return looked
    tokens = looked.replace(prompt_tokens=asked.prompt_tokens, completion_tokens=asked.completion_tokens)
    return tokens.charging(asked.charged)
